using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health;

/// <summary>
/// The endpoints of one service that are warming up: their weight rises in a straight line, in steps that the pickers are
/// rebuilt for. Not thread safe; the service's writer locks.
/// </summary>
internal sealed class SlowStart
{
    /// <summary>All of the weight. A power of two, so that a ring's points stay where they are.</summary>
    public const int Full = 16;

    private const int Steps = Full / 2;

    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<Endpoint, TimeSpan> _since = [];
    private TimeSpan _duration;

    /// <summary>Goes by this duration from now on; zero ends it for all.</summary>
    public void Use(TimeSpan duration)
    {
        _duration = duration;
        if (duration <= TimeSpan.Zero)
        {
            _since.Clear();
        }
    }

    public void Begin(Endpoint endpoint, TimeSpan now)
    {
        if (_duration > TimeSpan.Zero)
        {
            _since[endpoint] = now;
        }
    }

    public bool IsRunning => _since.Count > 0;

    public void End(Endpoint endpoint) => _since.Remove(endpoint);

    /// <summary>How much of the weight is in force: the middle of each step, so 1, 3, 5, ... 15, and <see cref="Full"/> at the end.</summary>
    public int SixteenthsOf(Endpoint endpoint, TimeSpan now)
    {
        if (_since.Count == 0 || !_since.TryGetValue(endpoint, out var since))
        {
            return Full;
        }
        var step = (int)Math.Min(Steps, Steps * ((now - since) / _duration));
        if (step < Steps)
        {
            return (2 * step) + 1;
        }
        _since.Remove(endpoint);
        return Full;
    }

    /// <summary>
    /// When the pickers are to be rebuilt next, or null: at times that all endpoints of the service share, so that many that
    /// warm up cost no more than one.
    /// </summary>
    public TimeSpan? NextAfter(TimeSpan now)
    {
        if (_since.Count == 0)
        {
            return null;
        }
        var step = Math.Max(_duration.Ticks / Steps, s_shortestStep.Ticks);
        return TimeSpan.FromTicks(step * ((now.Ticks / step) + 1));
    }
}
