using System.Collections.Immutable;
using LoadBalancer.Core.Balancing.Hashing;

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

    /// <summary>Cookies that must be there with this value; "*" for any value.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Cookies { get; init; } = [];

    /// <summary>The service that it leads to; null with a <see cref="Split"/>.</summary>
    public string? Service { get; init; }

    /// <summary>Only its endpoints with this tag, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>Those who share its requests, at least one with a weight above 0; empty with a <see cref="Service"/>.</summary>
    public ImmutableArray<RouteTarget> Split { get; init; } = [];

    /// <summary>What of a request decides between them; null lets them take turns.</summary>
    public HashKey? SplitOn { get; init; }

    /// <summary>Where copies of its requests go; null for nowhere.</summary>
    public MirrorSettings? Mirror { get; init; }

    /// <summary>The prepared form of <see cref="Mirror"/>.</summary>
    internal RouteMirror? Copies { get; init; }

    /// <summary>The prepared form of <see cref="Split"/>.</summary>
    internal RouteSplit? Shares { get; init; }

    internal bool Matches(in RouteRequest request) =>
        MatchesPath(request.Path) && MatchesMethod(request.Method) && MatchesHeaders(request.Headers) && MatchesCookies(request.Headers);

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

    private bool MatchesCookies(IHeaderLookup? headers)
    {
        if (Cookies.IsEmpty)
        {
            return true;
        }
        var field = headers?.Find("Cookie");
        foreach (var (name, value) in Cookies)
        {
            if (!HasCookie(field, name, value))
            {
                return false;
            }
        }
        return true;
    }

    private static bool HasCookie(ReadOnlySpan<char> field, string name, string value)
    {
        while (CookieField.TryTake(ref field, name, out var actual))
        {
            if (value == "*" || actual.SequenceEqual(value))
            {
                return true;
            }
        }
        return false;
    }
}
