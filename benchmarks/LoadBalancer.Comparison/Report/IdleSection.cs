using LoadBalancer.Comparison.Measure;

namespace LoadBalancer.Comparison.Report;

/// <summary>What idle connections cost each proxy.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Proxies">A name and its rounds, each on a fresh process.</param>
public sealed record IdleSection(string Title, IReadOnlyList<(string Name, IReadOnlyList<IdleSample> Rounds)> Proxies)
{
    /// <summary>The figures as text: median and range over the rounds.</summary>
    public Table ToTable() => new(Title, ["proxy", "connections", "RSS bytes/connection", "RSS MiB before", "RSS MiB after"],
    [
        .. Proxies.Select(static IReadOnlyList<string> (proxy) =>
        [
            proxy.Name,
            proxy.Rounds.Min(static round => round.Connections).ToString("N0", null),
            Format(proxy.Rounds.Select(static round => round.PerConnection), "N0", withRange: true),
            Format(proxy.Rounds.Select(static round => round.Before / 1048576.0), "0.0", withRange: false),
            Format(proxy.Rounds.Select(static round => round.After / 1048576.0), "0.0", withRange: false),
        ]),
    ]);

    private static string Format(IEnumerable<double> figures, string format, bool withRange) => Spread.Of(figures) is not { } spread ? "-"
        : withRange ? $"{spread.Median.ToString(format, null)} ({spread.Minimum.ToString(format, null)}–{spread.Maximum.ToString(format, null)})"
        : spread.Median.ToString(format, null);
}
