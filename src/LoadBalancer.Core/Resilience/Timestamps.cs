namespace LoadBalancer.Core.Resilience;

/// <summary>
/// Durations in the unit of <see cref="TimeProvider.GetTimestamp"/>. Every type here takes the time as such a timestamp,
/// so that an engine reads the clock once per request (or once per round of its event loop) and passes it on.
/// </summary>
internal static class Timestamps
{
    public static long ToTimestamp(this TimeProvider time, TimeSpan duration) =>
        (long)(duration.Ticks * ((double)time.TimestampFrequency / TimeSpan.TicksPerSecond));

    public static TimeSpan ToTimeSpan(this TimeProvider time, long timestamps) =>
        TimeSpan.FromTicks((long)Math.Ceiling(timestamps * ((double)TimeSpan.TicksPerSecond / time.TimestampFrequency)));
}
