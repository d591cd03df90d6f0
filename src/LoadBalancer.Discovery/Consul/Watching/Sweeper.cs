namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Decides when every service without a watch of its own is fetched again: the list of services moved, and no check
/// tells which one. Requests coalesce, and the more services there are, the rarer sweeps become. Used under the
/// owner's lock.
/// </summary>
internal sealed class Sweeper(TimeProvider time)
{
    private static readonly TimeSpan s_promptFloor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_promptPerService = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_lateFloor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_latePerService = TimeSpan.FromMilliseconds(20);

    private long? _last;
    private bool _prompt;

    /// <summary>Services asked before this moment are due; null when no sweep is wanted.</summary>
    public long? AskedBefore { get; private set; }

    /// <summary>Wants every service that was asked before <paramref name="moment"/> to be asked again.</summary>
    /// <param name="moment">A timestamp of the time provider.</param>
    /// <param name="prompt">False when it is only for safety, and may wait longer.</param>
    public void Want(long moment, bool prompt)
    {
        AskedBefore = Math.Max(AskedBefore ?? moment, moment);
        _prompt |= prompt;
    }

    /// <summary>How long until the wanted sweep may start.</summary>
    /// <param name="services">How many services a sweep may ask.</param>
    /// <param name="prompt">What is wanted turned out not to be only for safety.</param>
    public TimeSpan Delay(int services, bool prompt)
    {
        if (_last is not { } last)
        {
            return TimeSpan.Zero;
        }
        var (floor, perService) = _prompt || prompt ? (s_promptFloor, s_promptPerService) : (s_lateFloor, s_latePerService);
        var interval = perService * services > floor ? perService * services : floor;
        var left = interval - time.GetElapsedTime(last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>The sweep starts.</summary>
    public void Start()
    {
        _last = time.GetTimestamp();
        _prompt = false;
        AskedBefore = null;
    }
}
