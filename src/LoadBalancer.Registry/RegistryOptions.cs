using System.Net;

namespace LoadBalancer.Registry;

/// <summary>What the embedded registry listens on and calls itself.</summary>
public sealed record RegistryOptions
{
    /// <summary>The HTTP interface; port 0 takes a free one.</summary>
    public IPEndPoint HttpBind { get; init; } = new(IPAddress.Loopback, 8500);

    /// <summary>The DNS interface, UDP and TCP on one port; null for none, port 0 takes a free one.</summary>
    public IPEndPoint? DnsBind { get; init; }

    /// <summary>The one datacenter: letters, digits, <c>-</c> and <c>_</c>.</summary>
    public string Datacenter { get; init; } = "dc1";

    /// <summary>The name of the node that services register with.</summary>
    public string NodeName { get; init; } = "registry";

    /// <summary>The address of services that register without one.</summary>
    public IPAddress NodeAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The domain that the DNS interface answers for.</summary>
    public string Domain { get; init; } = "consul";

    /// <summary>Runs the <c>args</c> of checks. Whoever reaches the HTTP interface can then run programs here.</summary>
    public bool AllowScripts { get; init; }

    /// <summary>How long DNS answers may be kept; whole seconds.</summary>
    public TimeSpan DnsTtl { get; init; } = TimeSpan.Zero;

    /// <summary>Where randomness starts: the spread of checks, the order of DNS answers, the node's id.</summary>
    public int Seed { get; init; } = Environment.TickCount;
}
