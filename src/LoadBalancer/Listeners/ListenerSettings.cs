using System.Net;
using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Listeners;

/// <summary>What the configuration says of one listener, in the form in which connections use it.</summary>
/// <param name="Name">Its name in lb.json.</param>
/// <param name="BindKey">The key that sets <see cref="Bind"/>, for errors.</param>
/// <param name="Bind">Where it listens.</param>
/// <param name="Protocol">What it speaks, for the log.</param>
/// <param name="Engine">What becomes of its connections.</param>
internal sealed record ListenerSettings(string Name, string BindKey, BindAddress Bind, string Protocol, IListenerEngine Engine)
{
    /// <summary>The service of a TCP listener; of an HTTP or TLS listener the one for what nothing else matches.</summary>
    public string? Service { get; init; }

    /// <summary>Whose X-Forwarded-* and PROXY headers are believed.</summary>
    public TrustedNetworks Trusted { get; init; } = new([]);

    /// <summary>Connections begin with a PROXY header; those of others than <see cref="MaySendProxyHeader"/> are closed.</summary>
    public bool RequiresProxyHeader { get; init; }

    /// <summary>True for a proxy whose PROXY header is believed. Who may connect to a Unix socket is said by the permissions of its file.</summary>
    public bool MaySendProxyHeader(IPAddress? peer) => Bind.UnixPath is not null || Trusted.Contains(peer);

    /// <summary>How many connections may be open; 0 for no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>How many connections may wait to be accepted.</summary>
    public int Backlog { get; init; } = 128;

    /// <summary>What its connections share with those of other listeners; null when they are not counted.</summary>
    public ConnectionBudget? Budget { get; init; }
}
