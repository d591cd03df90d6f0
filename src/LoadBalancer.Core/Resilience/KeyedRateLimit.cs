using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace LoadBalancer.Core.Resilience;

/// <summary>
/// A <see cref="RateLimit"/> for each key (client address, header value) in a table of fixed size: about 20 bytes for
/// each key of the capacity, allocated at once, nothing later. Keys are kept as 64-bit hashes under a secret seed.
/// </summary>
/// <remarks>
/// <para>Invariants: a bucket is given to another key only when it is full, when forgetting it changes nothing; so no
/// flood of other keys lets a key go over its limit. New keys that find no such bucket share one (per set of
/// <see cref="Ways"/>) and take its debt along when they get their own: they can only get less than their rate.</para>
/// <para>Thread safe: each set has a lock, held for some ten nanoseconds.</para>
/// </remarks>
public sealed class KeyedRateLimit
{
    private const int Ways = 8;

    private readonly Gcra _gcra;
    private readonly TimeProvider _time;
    private readonly SipHash _hash;
    private readonly Set[] _sets;

    /// <summary>A table of full buckets.</summary>
    /// <param name="rate">Requests per second and key, above 0 and at most <see cref="RateLimit.MaxRate"/>.</param>
    /// <param name="burst">Requests at once per key, at least 1.</param>
    /// <param name="capacity">Keys that are told apart while they are active; rounded up to a power of two.</param>
    /// <param name="seed">Secret: who knows it can make keys that share a bucket.</param>
    /// <param name="time">Whose timestamps the calls pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public KeyedRateLimit(double rate, int burst, int capacity, UInt128 seed, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 24);
        _gcra = Gcra.Of(rate, burst, time);
        _time = time;
        _hash = new SipHash(seed);
        _sets = new Set[Math.Max(1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity) / Ways)];
        for (var i = 0; i < _sets.Length; i++)
        {
            _sets[i] = new Set();
        }
    }

    /// <summary>Keys that are told apart while they are active.</summary>
    public int Capacity => _sets.Length * Ways;

    /// <summary>
    /// Takes a token of a client address. IPv6 counts by its /64, the least that one customer is given (RFC 6177); an
    /// IPv4 address mapped into IPv6 is that IPv4 address.
    /// </summary>
    public bool TryAcquire(IPAddress client, long now, out TimeSpan retryAfter)
    {
        ArgumentNullException.ThrowIfNull(client);
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out var length);
        return client.IsIPv4MappedToIPv6 ? TryAcquire(bytes[12..], now, out retryAfter)
            : TryAcquire(client.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes[..length], now, out retryAfter);
    }

    /// <summary>Takes a token of a text of which each character stands for one byte (ISO 8859-1), as in a header field.</summary>
    public bool TryAcquire(ReadOnlySpan<char> key, long now, out TimeSpan retryAfter)
    {
        const int OnStack = 512;
        byte[]? rented = null;
        var bytes = key.Length <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(key.Length);
        var result = TryAcquire(bytes[..Encoding.Latin1.GetBytes(key, bytes)], now, out retryAfter);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
        return result;
    }

    /// <summary>Takes a token of a key, or tells after which time there is one.</summary>
    public bool TryAcquire(ReadOnlySpan<byte> key, long now, out TimeSpan retryAfter)
    {
        var hash = _hash.Of(key);
        var set = _sets[(int)(hash & (uint)(_sets.Length - 1))];
        long wait;
        bool taken;
        lock (set)
        {
            ref var bucket = ref set.BucketOf(hash, now);
            taken = _gcra.TryTake(bucket.FullAt, now, out var next, out wait);
            if (taken)
            {
                bucket.FullAt = next;
            }
        }
        retryAfter = taken ? TimeSpan.Zero : _time.ToTimeSpan(wait);
        return taken;
    }

    private struct Bucket
    {
        public ulong Key;
        public long FullAt;
    }

    [InlineArray(Ways)]
    private struct Buckets
    {
        private Bucket _first;
    }

    private sealed class Set
    {
        private Buckets _buckets;
        private Bucket _shared;

        public ref Bucket BucketOf(ulong key, long now)
        {
            Span<Bucket> buckets = _buckets;
            var free = -1;
            for (var i = 0; i < buckets.Length; i++)
            {
                if (buckets[i].Key == key)
                {
                    return ref buckets[i];
                }
                if (free < 0 && buckets[i].FullAt <= now)
                {
                    free = i;
                }
            }
            if (free < 0)
            {
                return ref _shared;
            }
            buckets[free] = new Bucket { Key = key, FullAt = _shared.FullAt };
            return ref buckets[free];
        }
    }
}
