using System.Diagnostics;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>When a change took effect; timestamps of <see cref="Stopwatch"/>.</summary>
/// <param name="answered">Consul answered the PUT.</param>
/// <param name="consul">A blocking query of the test's own saw it.</param>
/// <param name="shown">The balancer's admin interface showed it.</param>
/// <param name="traffic">The last request that came although it should not, or the first that should.</param>
internal sealed class ChangeTimes(long answered, long consul, long shown, long traffic)
{
    /// <summary>From Consul's change, which shows in the answer to the PUT or to the query, whichever came first.</summary>
    private long Changed => Math.Min(answered, consul);

    public TimeSpan Shown => Stopwatch.GetElapsedTime(Changed, shown);

    public TimeSpan Traffic => Stopwatch.GetElapsedTime(Changed, traffic);

    private TimeSpan Query => Stopwatch.GetElapsedTime(answered, consul);

    public static string Describe(IReadOnlyList<ChangeTimes> all) =>
        $"shown {Figures(all, times => times.Shown)}, traffic {Figures(all, times => times.Traffic)}; own query after the PUT {Figures(all, times => times.Query)} ms (median, worst of {all.Count})";

    private static string Figures(IReadOnlyList<ChangeTimes> all, Func<ChangeTimes, TimeSpan> part)
    {
        var sorted = all.Select(times => part(times).TotalMilliseconds).Order().ToList();
        return $"{sorted[sorted.Count / 2]:0.0}, {sorted[^1]:0.0}";
    }
}
