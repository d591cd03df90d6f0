namespace LoadBalancer.Http;

/// <summary>The time that an endpoint has to begin its answer, as a token that is also canceled by the whole request's.</summary>
/// <remarks>The first of expiry and <see cref="Stop"/> counts, on whichever thread; a start after that has no effect.</remarks>
internal sealed class FirstByteLimit : IDisposable
{
    private const int Waiting = 0;
    private const int Stopped = 1;
    private const int Expired = 2;

    private readonly TimeSpan _limit;
    // Never disposed of, so that a timer that fires just then finds it: it has no timer of its own, and the source that it
    // is linked to lives no longer than the request.
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private int _state;

    public FirstByteLimit(TimeSpan limit, TimeProvider time, CancellationToken request)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(request);
        _timer = time.CreateTimer(static limit => ((FirstByteLimit)limit!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    public bool HasExpired => Volatile.Read(ref _state) == Expired;

    public void Start() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Stop()
    {
        Interlocked.CompareExchange(ref _state, Stopped, Waiting);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        Stop();
        _timer.Dispose();
    }

    private void Expire()
    {
        if (Interlocked.CompareExchange(ref _state, Expired, Waiting) == Waiting)
        {
            _source.Cancel();
        }
    }
}
