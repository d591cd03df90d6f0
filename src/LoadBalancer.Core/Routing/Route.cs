using System.Collections.Immutable;

namespace LoadBalancer.Core.Routing;

/// <summary>One route of the configuration: everything that it names must match.</summary>
public sealed record Route
{
    /// <summary>An exact host, "*.example.com" for every host below example.com, or null for any host.</summary>
    public string? Host { get; init; }

    /// <summary>A prefix of whole path segments: "/cart" matches /cart and /cart/1 but not /cartoon.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The methods that match; empty for any.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>Headers that must be there with this value; "*" for any value.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The service that it leads to.</summary>
    public required string Service { get; init; }

    /// <summary>Only its endpoints with this tag, or null.</summary>
    public string? Tag { get; init; }

    internal bool Matches(in RouteRequest request) =>
        MatchesPath(request.Path) && MatchesMethod(request.Method) && MatchesHeaders(request.Headers);

    private bool MatchesPath(ReadOnlySpan<char> path) =>
        // "/" takes everything, also the "*" of OPTIONS (RFC 9110 section 9.3.7), which is no path.
        Path.Length <= 1 || (path.StartsWith(Path, StringComparison.Ordinal) && (path.Length == Path.Length || Path[^1] == '/' || path[Path.Length] == '/'));

    private bool MatchesMethod(ReadOnlySpan<char> method)
    {
        foreach (var candidate in Methods)
        {
            if (method.SequenceEqual(candidate))
            {
                return true;
            }
        }
        return Methods.IsEmpty;
    }

    private bool MatchesHeaders(IHeaderLookup? headers)
    {
        foreach (var (name, value) in Headers)
        {
            if (headers?.Find(name) is not { } actual || (value != "*" && actual != value))
            {
                return false;
            }
        }
        return true;
    }
}
