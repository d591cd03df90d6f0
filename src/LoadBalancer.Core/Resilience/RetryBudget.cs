namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Keeps retries from making an outage worse: within <see cref="Window"/>, retries and hedges together are at most
/// <see cref="RetryBudgetOptions.Ratio"/> of the requests plus <see cref="RetryBudgetOptions.MinimumPerSecond"/> for each
/// of its seconds. That minimum may be used at once: all that runs on an instance fails together when it dies. As in
/// Finagle's and Linkerd's retry budget; why: Google's SRE book, "Addressing cascading failures".
/// </summary>
/// <remarks>Thread safe. A request costs an atomic addition; only a retry takes a lock.</remarks>
public sealed class RetryBudget
{
    /// <summary>How long a request counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _withdrawal = new();
    private readonly SlidingCount _count;
    private readonly double _ratio;
    private readonly double _minimum;
    private long _refused;

    /// <summary>A budget that starts with the minimum of its window.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is not within 0 to 1, or the minimum is negative.</exception>
    public RetryBudget(RetryBudgetOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Ratio is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Ratio, "The ratio of a retry budget is from 0 to 1.");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(options.MinimumPerSecond, nameof(options));
        _ratio = options.Ratio;
        _minimum = options.MinimumPerSecond * Window.TotalSeconds;
        _count = new SlidingCount(Window, time);
    }

    /// <summary>Retries that were refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Counts a request of a client; never call it for a retry.</summary>
    public void Deposit(long now) => _count.Add(PairCount.OneEvent, now);

    /// <summary>Takes one retry or hedge from the budget; false when it is used up.</summary>
    public bool TryWithdraw(long now)
    {
        lock (_withdrawal)
        {
            var window = _count.Read(now);
            if (window.Marked + 1 <= (window.Events * _ratio) + _minimum)
            {
                _count.Add(PairCount.OneMarked, now);
                return true;
            }
        }
        Interlocked.Increment(ref _refused);
        return false;
    }
}
