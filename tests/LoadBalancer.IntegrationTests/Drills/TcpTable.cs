using System.Globalization;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The kernel's table of TCP connections (proc(5), /proc/net/tcp).</summary>
internal static class TcpTable
{
    private const string Established = "01";

    /// <summary>How many open connections a process has to a port.</summary>
    public static int ConnectionsTo(int port, int process)
    {
        var sockets = Directory.EnumerateFiles($"/proc/{process}/fd").Select(Target).ToHashSet();
        var remote = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).SelectMany(File.ReadLines).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[2].EndsWith(remote, StringComparison.Ordinal) && fields[3] == Established && sockets.Contains($"socket:[{fields[9]}]"));
    }

    private static string? Target(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return null;
        }
    }
}
