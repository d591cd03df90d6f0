using System.Globalization;

namespace LoadBalancer.Listeners;

/// <summary>How many files, and so sockets, this process may have open.</summary>
internal static class FileLimit
{
    /// <summary>
    /// RLIMIT_NOFILE as it is in force (the runtime raises it to the hard limit); null where the system has none, or does not
    /// say so in /proc (proc_pid_limits(5)).
    /// </summary>
    public static int? Read()
    {
        try
        {
            return Parse(File.ReadLines("/proc/self/limits"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The soft limit in the lines of /proc/PID/limits; null for "unlimited" and when there is none.</summary>
    internal static int? Parse(IEnumerable<string> lines)
    {
        const string name = "Max open files ";
        var line = lines.FirstOrDefault(static line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? (int)Math.Min(limit, int.MaxValue) : null;
    }
}
