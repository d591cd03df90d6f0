using System.Globalization;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Load;

/// <summary>Saturating HTTP load by wrk: each connection sends its next request when the answer is there.</summary>
/// <param name="program">The path of wrk.</param>
/// <param name="folder">Where its Lua script for a POST may be written.</param>
public sealed class WrkDriver(string program, string folder) : ILoadDriver
{
    /// <inheritdoc/>
    public async Task<LoadResult> RunAsync(LoadPlan plan, CancellationToken cancellation)
    {
        var seconds = (int)Math.Ceiling(plan.Duration.TotalSeconds);
        List<string> arguments =
        [
            "--latency", "--timeout", "10s",
            "-t", Math.Min(plan.Threads, plan.Connections).ToString(CultureInfo.InvariantCulture),
            "-c", plan.Connections.ToString(CultureInfo.InvariantCulture),
            "-d", seconds.ToString(CultureInfo.InvariantCulture) + "s",
            "-H", "Host: " + Workload.Host,
        ];
        if (plan.Workload.NewConnectionEachTime)
        {
            arguments.AddRange(["-H", "Connection: close"]);
        }
        if (plan.Workload.RequestBytes > 0)
        {
            var script = Path.Combine(folder, "post.lua");
            await File.WriteAllTextAsync(script, $"""wrk.method = "POST"; wrk.body = string.rep("x", {plan.Workload.RequestBytes})""", cancellation);
            arguments.AddRange(["-s", script]);
        }
        arguments.Add($"http://127.0.0.1:{plan.Port}{plan.Workload.Path}");

        await using var wrk = ChildProcess.Start(program, arguments);
        _ = await wrk.WaitForExitAsync(TimeSpan.FromSeconds(seconds + 30)).WaitAsync(cancellation);
        return WrkOutput.Parse(wrk.Output);
    }
}
