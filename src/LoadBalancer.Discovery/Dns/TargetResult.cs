namespace LoadBalancer.Discovery.Dns;

/// <summary>What is known of one SRV target.</summary>
/// <param name="Known">Its addresses, the last known ones after an <paramref name="Error"/>; null when it has none or none is known.</param>
/// <param name="Error">Why it could not be asked for, or null.</param>
/// <param name="Ttl">How long this is good for.</param>
internal sealed record TargetResult(TargetAddresses.Known? Known, DnsLookupException? Error, TimeSpan Ttl);
