namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Lets a burst through at once and what follows at a steady rate: the first wake-ups of a watch are immediate, and a
/// flapping service cannot make it spin. For one task.
/// </summary>
internal sealed class TokenBucket(int burst, double perSecond, TimeProvider time)
{
    private double _tokens = burst;
    private long _filled = time.GetTimestamp();

    /// <summary>Takes a token and tells how long to wait before using it.</summary>
    public TimeSpan Take()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filled, now).TotalSeconds * perSecond));
        _filled = now;
        _tokens--;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / perSecond);
    }
}
