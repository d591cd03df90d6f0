namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>What the contract runs against: the embedded registry or a real Consul agent.</summary>
public abstract class Target : IAsyncLifetime
{
    /// <summary>Why there is none here, or null.</summary>
    public abstract string? Missing { get; }

    /// <summary>A client of the HTTP interface.</summary>
    public abstract HttpClient Client { get; }

    public abstract int DnsPort { get; }

    /// <summary>The node that services register with.</summary>
    public abstract string Node { get; }

    public virtual string Datacenter => "dc1";

    /// <summary>True for the real one, where the two differ on purpose. Each use says why.</summary>
    public abstract bool IsConsul { get; }

    /// <summary>Another of the same kind that a test may turn upside down.</summary>
    public abstract Target Fresh();

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();
}
