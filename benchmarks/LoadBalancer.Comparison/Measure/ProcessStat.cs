using System.Globalization;

namespace LoadBalancer.Comparison.Measure;

/// <summary>What is needed of <c>/proc/PID/stat</c> (proc(5)).</summary>
/// <param name="ParentId">The parent's process id.</param>
/// <param name="UserTicks">utime of all threads, ended ones included, in clock ticks.</param>
/// <param name="SystemTicks">stime of all threads, ended ones included, in clock ticks.</param>
/// <param name="ResidentPages">rss, in pages.</param>
public readonly record struct ProcessStat(int ParentId, long UserTicks, long SystemTicks, long ResidentPages)
{
    /// <summary>Throws <see cref="FormatException"/> when <paramref name="text"/> is no stat line.</summary>
    public static ProcessStat Parse(string text)
    {
        // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 22
            ? throw new FormatException($"no /proc/PID/stat line: '{text}'")
            : new ProcessStat((int)Number(fields[1]), Number(fields[11]), Number(fields[12]), Number(fields[21]));
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
