using System.Net;

namespace LoadBalancer.Core.Resilience;

/// <summary>The rate limit of one service, by what it counts. An engine looks at <see cref="Per"/> and passes that.</summary>
public sealed class ServiceRateLimit
{
    private readonly RateLimit? _all;
    private readonly KeyedRateLimit? _keyed;
    private long _refused;

    /// <summary>A limit with full buckets.</summary>
    /// <inheritdoc cref="KeyedRateLimit(double, int, int, UInt128, TimeProvider)"/>
    public ServiceRateLimit(RateLimitOptions options, UInt128 seed, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Per = options.Per;
        if (Per.Key == RateLimitKey.Service)
        {
            _all = new RateLimit(options.Rate, options.Burst, time);
        }
        else
        {
            _keyed = new KeyedRateLimit(options.Rate, options.Burst, RateLimitOptions.Capacity, seed, time);
        }
    }

    /// <summary>What it counts by.</summary>
    public RateLimitPer Per { get; }

    /// <summary>Requests that were refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a token of the client; who has no address (a Unix socket) shares one bucket with the like.</summary>
    public bool TryAcquire(IPAddress? client, long now, out TimeSpan retryAfter) => Count(
        _all is not null ? _all.TryAcquire(now, out retryAfter)
        : client is not null ? _keyed!.TryAcquire(client, now, out retryAfter)
        : _keyed!.TryAcquire(ReadOnlySpan<byte>.Empty, now, out retryAfter));

    /// <summary>Takes a token of the header field's value; those without one share a bucket, so that leaving it out is no way around.</summary>
    public bool TryAcquire(ReadOnlySpan<char> value, long now, out TimeSpan retryAfter) =>
        Count(_all is not null ? _all.TryAcquire(now, out retryAfter) : _keyed!.TryAcquire(value, now, out retryAfter));

    /// <inheritdoc cref="TryAcquire(ReadOnlySpan{char}, long, out TimeSpan)"/>
    public bool TryAcquire(ReadOnlySpan<byte> value, long now, out TimeSpan retryAfter) =>
        Count(_all is not null ? _all.TryAcquire(now, out retryAfter) : _keyed!.TryAcquire(value, now, out retryAfter));

    private bool Count(bool acquired)
    {
        if (!acquired)
        {
            Interlocked.Increment(ref _refused);
        }
        return acquired;
    }
}
