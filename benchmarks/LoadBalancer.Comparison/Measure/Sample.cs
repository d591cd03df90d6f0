using LoadBalancer.Comparison.Load;

namespace LoadBalancer.Comparison.Measure;

/// <summary>One round of one proxy, per unit of work: a request or message, or a gigabyte (10^9 bytes) of bulk.</summary>
/// <param name="Throughput">Units per second.</param>
/// <param name="Cpu">CPU of the proxy, in µs per request or ms per gigabyte.</param>
/// <param name="UserCpu">The part of <paramref name="Cpu"/> in user mode.</param>
/// <param name="SystemCpu">The part of <paramref name="Cpu"/> in the kernel.</param>
/// <param name="P50">Median latency in ms.</param>
/// <param name="P99">99th percentile of the latency in ms.</param>
/// <param name="ResidentMegabytes">Peak resident set of the proxy, in MiB.</param>
/// <param name="Errors">Requests with no answer or a wrong one.</param>
public sealed record Sample(double Throughput, double Cpu, double UserCpu, double SystemCpu, double? P50, double? P99, double ResidentMegabytes, long Errors)
{
    /// <summary>Relates what a proxy used to what it did; not-a-number CPU when it did nothing.</summary>
    public static Sample From(LoadResult load, Usage usage)
    {
        var units = load.Bytes > 0 ? load.Bytes / 1e9 : load.Requests;
        var cpu = usage.CpuMicroseconds / (load.Bytes > 0 ? 1000 : 1) / units;
        return new Sample(units / load.Seconds, cpu, cpu * usage.UserShare, cpu * (1 - usage.UserShare), load.P50, load.P99, usage.PeakResidentBytes / 1048576.0, load.Errors);
    }
}
