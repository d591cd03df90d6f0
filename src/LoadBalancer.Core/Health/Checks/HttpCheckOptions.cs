using System.Net;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>What an <see cref="HttpCheck"/> sends.</summary>
public sealed record HttpCheckOptions
{
    /// <summary>How much of a body is searched, in characters.</summary>
    public const int BodyLimit = 16 * 1024;

    /// <summary>An absolute http or https address.</summary>
    public required Uri Target { get; init; }

    /// <summary>The request method.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>Request headers, each with its values; <c>Host</c> replaces the one of <see cref="Target"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Headers { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The request body, or empty for none.</summary>
    public string Body { get; init; } = "";

    /// <summary>The version that is spoken; 2.0 to an http address is with prior knowledge.</summary>
    public Version Version { get; init; } = HttpVersion.Version11;

    /// <summary>The statuses that are passing.</summary>
    public IReadOnlyList<StatusRange> Expected { get; init; } = [new StatusRange(200, 299)];

    /// <summary>What the body must contain within <see cref="BodyLimit"/>, in this very case; "" for anything.</summary>
    public string BodyContains { get; init; } = "";

    /// <summary>Asks where a redirect leads to; else the redirect is the answer.</summary>
    public bool FollowRedirects { get; init; } = true;

    /// <summary>The limit for the whole exchange.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The PROXY header with which the connection begins.</summary>
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <summary>Accepts any server certificate.</summary>
    public bool TlsSkipVerify { get; init; }
}
