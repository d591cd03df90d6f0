namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>How long to wait after a failure: doubling, capped, jittered. For one task.</summary>
internal sealed class Backoff(Jitter jitter)
{
    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(10);

    // Short, because the next agent may well answer.
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(50);

    private TimeSpan _next = s_first;

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Next()
    {
        var now = _next;
        _next = _next * 2 < Cap ? _next * 2 : Cap;
        return jitter.Spread(now);
    }

    /// <summary>An attempt succeeded.</summary>
    public void Reset() => _next = s_first;
}
