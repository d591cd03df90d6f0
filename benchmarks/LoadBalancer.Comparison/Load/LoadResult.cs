namespace LoadBalancer.Comparison.Load;

/// <summary>What a driver saw in one run.</summary>
/// <param name="Requests">Good answers; 0 for a bulk stream.</param>
/// <param name="Bytes">Bytes received of a bulk stream; 0 where requests are counted.</param>
/// <param name="Seconds">How long the run took.</param>
/// <param name="P50">Median latency in milliseconds, null where there is none.</param>
/// <param name="P99">99th percentile of the latency in milliseconds, null where there is none.</param>
/// <param name="Errors">Requests with no answer or a wrong one.</param>
public sealed record LoadResult(long Requests, long Bytes, double Seconds, double? P50, double? P99, long Errors);
