namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>How a read is asked.</summary>
internal readonly record struct ConsulQuery
{
    /// <summary>0 asks for what is now; a higher one waits for a change after it.</summary>
    public ulong Index { get; init; }

    /// <summary>How long Consul may wait for the change; it adds up to a sixteenth.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Any server may answer instead of the leader.</summary>
    public bool Stale { get; init; }

    /// <summary>Null means the agent's own.</summary>
    public string? Datacenter { get; init; }
}
