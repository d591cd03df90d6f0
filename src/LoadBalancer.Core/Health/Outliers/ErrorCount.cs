using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>What one endpoint's answers were: errors in a row, and the requests of the interval that runs. No lock.</summary>
internal sealed class ErrorCount
{
    private volatile int _limit;
    private volatile bool _countsRate;
    private int _inARow;

    /// <summary>The requests and their errors, as <see cref="PairCount"/>.</summary>
    private long _interval;

    /// <summary>Counts by these options from now on.</summary>
    public void Use(OutlierOptions options)
    {
        _limit = options.ConsecutiveErrors;
        _countsRate = options.SuccessRate is not null;
    }

    /// <summary>Costs a look, unless the last answer was an error or success rates are compared.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref _inARow) != 0)
        {
            Volatile.Write(ref _inARow, 0);
        }
        if (_countsRate)
        {
            Interlocked.Add(ref _interval, PairCount.OneEvent);
        }
    }

    /// <summary>True when it is the last of so many in a row: the caller of that one error tells the writer.</summary>
    public bool Failed()
    {
        if (_countsRate)
        {
            Interlocked.Add(ref _interval, PairCount.OneEvent + PairCount.OneMarked);
        }
        return Interlocked.Increment(ref _inARow) == _limit;
    }

    /// <summary>The errors in a row count from none again.</summary>
    public void Restart() => Volatile.Write(ref _inARow, 0);

    /// <summary>Ends the interval: its requests, marked those that were errors.</summary>
    public PairCount TakeInterval() => new(Interlocked.Exchange(ref _interval, 0));
}
