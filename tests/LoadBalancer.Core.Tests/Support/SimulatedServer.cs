using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>
/// A server with so many places, first come first served, and clients that give up after 250 ms, in virtual time: what
/// they gave up on is worked on all the same, which is how an overloaded service collapses.
/// </summary>
internal sealed class SimulatedServer(AdaptiveLimitOptions? options, int places)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    private readonly SteppedClock _time = new();
    private readonly Random _random = new(1);
    private readonly Queue<TimeSpan> _backlog = new();
    private readonly PriorityQueue<TimeSpan, TimeSpan> _working = new();
    private AdaptiveLimit? _limit;
    private TimeSpan _now;

    public AdaptiveLimit Limit => _limit!;

    public double Slowness { get; set; } = 1;

    /// <summary>Answered in time.</summary>
    public long Good { get; private set; }

    public long Shed { get; private set; }

    public int InService => _backlog.Count + _working.Count;

    public void Forget() => (Good, Shed) = (0, 0);

    public void Run(TimeSpan duration, int requestsPerSecond)
    {
        _limit ??= options is null ? null : new AdaptiveLimit(options, _time);
        var end = _now + duration;
        var arrival = _now;
        while (true)
        {
            // Poisson arrivals.
            arrival += TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / requestsPerSecond);
            while (_working.TryPeek(out var arrived, out var done) && done <= arrival)
            {
                _now = done;
                _working.Dequeue();
                _limit?.Exit(Timestamp(arrived), Timestamp(done));
                Good += done - arrived <= s_patience ? 1 : 0;
                Work();
            }
            if (arrival >= end)
            {
                _now = end;
                return;
            }
            _now = arrival;
            if (_limit?.TryEnter() == false)
            {
                Shed++;
                continue;
            }
            _backlog.Enqueue(_now);
            Work();
        }
    }

    private void Work()
    {
        while (_working.Count < places && _backlog.TryDequeue(out var arrived))
        {
            var service = TimeSpan.FromMilliseconds(Slowness * (5 + (10 * _random.NextDouble())));
            _working.Enqueue(arrived, _now + service);
        }
    }

    private long Timestamp(TimeSpan at) => _time.GetTimestamp() + at.Ticks;
}
