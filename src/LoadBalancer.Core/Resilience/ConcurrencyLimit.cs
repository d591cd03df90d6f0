namespace LoadBalancer.Core.Resilience;

/// <summary>
/// At most so many at once: of one endpoint or one service, of requests or connections. One atomic word, nobody waits;
/// <see cref="RequestQueue"/> is the limit with waiting.
/// </summary>
public sealed class ConcurrencyLimit
{
    private volatile int _max;
    private int _inUse;

    /// <summary>A limit with all places free.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is below 1.</exception>
    public ConcurrencyLimit(int max) => Max = max;

    /// <summary>Places, at least 1. When it is lowered, those that are inside stay.</summary>
    public int Max
    {
        get => _max;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _max = value;
        }
    }

    /// <summary>Places that are taken.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Takes a place; each that was taken is given back by one <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        var inUse = Volatile.Read(ref _inUse);
        while (inUse < _max)
        {
            var seen = Interlocked.CompareExchange(ref _inUse, inUse + 1, inUse);
            if (seen == inUse)
            {
                return true;
            }
            inUse = seen;
        }
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Exit() => Interlocked.Decrement(ref _inUse);
}
