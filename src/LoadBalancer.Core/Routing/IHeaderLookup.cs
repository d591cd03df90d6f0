namespace LoadBalancer.Core.Routing;

/// <summary>How routing reads headers of a request, whatever engine holds it.</summary>
public interface IHeaderLookup
{
    /// <summary>The value of a header (name without regard to case), or null when the request has none; several Cookie fields as one (RFC 6265 section 5.4).</summary>
    string? Find(string name);
}
