namespace LoadBalancer.Comparison.Measure;

/// <summary>What the processes of one proxy used during one run.</summary>
/// <param name="CpuMicroseconds">CPU time, user and system.</param>
/// <param name="UserShare">The part of it spent in user mode, 0 to 1.</param>
/// <param name="PeakResidentBytes">The highest sum of the processes' resident set sizes.</param>
public readonly record struct Usage(double CpuMicroseconds, double UserShare, long PeakResidentBytes);
