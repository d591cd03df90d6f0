namespace LoadBalancer.Core.Routing;

/// <summary>How routing reads headers of a request, whatever engine holds it.</summary>
public interface IHeaderLookup
{
    /// <summary>The value of a header (name without regard to case), or null when the request has none.</summary>
    string? Find(string name);
}
