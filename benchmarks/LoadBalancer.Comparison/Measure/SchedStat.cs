using System.Globalization;

namespace LoadBalancer.Comparison.Measure;

/// <summary><c>/proc/PID/task/TID/schedstat</c> (Documentation/scheduler/sched-stats of the kernel).</summary>
public static class SchedStat
{
    /// <summary>Nanoseconds on a CPU: the first of the three numbers.</summary>
    public static long ParseOnCpu(string text) =>
        long.TryParse(text.AsSpan().TrimStart()[..Math.Max(text.AsSpan().TrimStart().IndexOf(' '), 0)], CultureInfo.InvariantCulture, out var nanoseconds)
            ? nanoseconds
            : throw new FormatException($"no schedstat line: '{text}'");
}
