namespace LoadBalancer.Discovery.Dns;

/// <summary>When a service is asked for again. Jitter keeps many services from beating together.</summary>
internal sealed class DnsRefresh(DnsOptions options)
{
    private static readonly TimeSpan s_maxBackOff = TimeSpan.FromSeconds(10);

    /// <summary>The time to wait when a question for one of <paramref name="services"/> services was answered.</summary>
    /// <param name="ttl">How long the answer is good for, by its records.</param>
    /// <param name="services">How many services share the servers: the floor rises with them.</param>
    /// <param name="first">The first answer since the start, when all were asked together: the wait is spread over the whole interval.</param>
    /// <param name="chance">0 up to 1.</param>
    public TimeSpan AfterAnswer(TimeSpan ttl, int services, bool first, double chance)
    {
        var floor = Floor(services);
        var wait = Clamp(ttl, floor, Later(options.MaxRefresh, floor));
        var earliest = first ? floor : Later(wait * 0.9, floor);
        var latest = first ? Later(wait, floor * 1.1) : earliest + (wait * 0.1);
        return earliest + ((latest - earliest) * chance);
    }

    /// <summary>The time to wait after the <paramref name="failures"/>-th failure in a row (1 or more): doubled each time, at most 10 s.</summary>
    public TimeSpan AfterFailure(int failures, int services, double chance)
    {
        var floor = Floor(services);
        var doubled = floor * Math.Pow(2, Math.Min(failures - 1, 10));
        return Clamp(doubled, floor, Later(s_maxBackOff, floor)) * (1 + (0.1 * chance));
    }

    private TimeSpan Floor(int services) => Later(options.MinRefresh, TimeSpan.FromSeconds((double)services / options.MaxQueriesPerSecond));

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan min, TimeSpan max) => value < min ? min : value > max ? max : value;
}
