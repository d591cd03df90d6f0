using System.Runtime.InteropServices;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Report;

/// <summary>What a reader must know of the machine and the programs to judge the figures.</summary>
public static class Surroundings
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>Kernel, processor, its load, memory and runtime, one per line.</summary>
    public static IReadOnlyList<string> Machine() =>
    [
        "kernel: " + FirstLine("/proc/sys/kernel/osrelease"),
        $"cores: {Environment.ProcessorCount} × {Field("/proc/cpuinfo", "model name")}",
        "load average before the run, which should be near 0: " + FirstLine("/proc/loadavg").Split(' ')[0],
        "memory: " + Field("/proc/meminfo", "MemTotal"),
        "load drivers: " + RuntimeInformation.FrameworkDescription,
    ];

    /// <summary>The first line that a program prints about its version.</summary>
    public static async Task<string> VersionAsync(string program, string option)
    {
        await using var process = ChildProcess.Start(program, [option]);
        _ = await process.WaitForExitAsync(s_limit);
        var line = process.Lines.FirstOrDefault(line => line.Length > 0) ?? "unknown version";
        return line.Split(" Copyright", 2)[0];
    }

    private static string FirstLine(string file) => File.ReadLines(file).First();

    private static string Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
