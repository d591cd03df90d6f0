namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>The index rules of blocking queries (https://developer.hashicorp.com/consul/api-docs/features/blocking). For one task.</summary>
internal sealed class WatchIndex
{
    private bool _lost = true;

    /// <summary>The index of the last answer; 0 before the first. It outlives a lost connection, to tell that an agent went back.</summary>
    public ulong Known { get; private set; }

    /// <summary>What to send: 0 asks for what is now, else at least 1, because 0 would not wait.</summary>
    public ulong Next => _lost ? 0 : Math.Max(Known, 1);

    /// <summary>True when this answer is older than the last one: a restarted or restored Consul, or a server that lags.</summary>
    public bool IsBackwards(ulong answered) => answered < Known;

    /// <summary>True when something changed since the last answer.</summary>
    public bool Accept(ulong answered)
    {
        var moved = answered != Known;
        Known = answered;
        _lost = false;
        return moved;
    }

    /// <summary>
    /// Starts again at 0. A restarted agent answers an old, higher index only when the wait runs out, so this follows
    /// every lost connection.
    /// </summary>
    public void Restart() => _lost = true;
}
