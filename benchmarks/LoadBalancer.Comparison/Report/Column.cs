using LoadBalancer.Comparison.Measure;

namespace LoadBalancer.Comparison.Report;

/// <summary>One figure of the report.</summary>
/// <param name="Header">Name and unit.</param>
/// <param name="Figure">Where it is in a sample.</param>
/// <param name="IsCompared">Followed by a column with the ratio to the better yardstick.</param>
/// <param name="MoreIsBetter">Which yardstick is the better one.</param>
/// <param name="WithRange">Shown with the lowest and highest round.</param>
public sealed record Column(string Header, Func<Sample, double?> Figure, bool IsCompared = false, bool MoreIsBetter = false, bool WithRange = false)
{
    private static readonly Column[] s_cpuSplitAndMemory =
    [
        new("user", sample => sample.UserCpu),
        new("system", sample => sample.SystemCpu),
        new("RSS MiB", sample => sample.ResidentMegabytes),
    ];

    private static readonly Column[] s_requests =
    [
        new("CPU µs/request", sample => sample.Cpu, IsCompared: true, WithRange: true),
        .. s_cpuSplitAndMemory,
        new("requests/s", sample => sample.Throughput, IsCompared: true, MoreIsBetter: true, WithRange: true),
        new("p50 ms", sample => sample.P50),
        new("p99 ms", sample => sample.P99, IsCompared: true, WithRange: true),
    ];

    private static readonly Column[] s_bulk =
    [
        new("CPU ms/GB", sample => sample.Cpu, IsCompared: true, WithRange: true),
        .. s_cpuSplitAndMemory,
        new("GB/s", sample => sample.Throughput, IsCompared: true, MoreIsBetter: true, WithRange: true),
    ];

    /// <summary>The columns of a section.</summary>
    public static IReadOnlyList<Column> Of(bool isBulk) => isBulk ? s_bulk : s_requests;

    /// <summary>"31.2" or "31.2 (30.8–32.0)".</summary>
    public string Format(Spread spread) => WithRange
        ? $"{Number(spread.Median)} ({Number(spread.Minimum)}–{Number(spread.Maximum)})"
        : Number(spread.Median);

    // Three significant digits at least, which is more than a round repeats.
    private static string Number(double value) => value switch
    {
        double.NaN or double.PositiveInfinity => "-",
        >= 1000 => value.ToString("N0", null),
        >= 100 => value.ToString("0", null),
        >= 10 => value.ToString("0.0", null),
        >= 1 => value.ToString("0.00", null),
        _ => value.ToString("0.000", null),
    };
}
