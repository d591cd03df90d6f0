using System.Net;
using CsCheck;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public class KeyedRateLimitTests
{
    private readonly SteppedClock _time = new();

    [Fact]
    public void Each_key_has_its_own_bucket()
    {
        var limit = new KeyedRateLimit(1, 2, 1024, 7, _time);
        Assert.Equal(2, Admitted(limit, "a", 5));
        Assert.Equal(2, Admitted(limit, "b", 5));
        Assert.False(limit.TryAcquire("a", _time.GetTimestamp(), out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(1), retryAfter);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Admitted(limit, "a", 5));
    }

    [Theory]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    public void A_client_is_an_IPv4_address_or_an_IPv6_network(string one, string other, bool same)
    {
        var limit = new KeyedRateLimit(1, 1, 1024, 7, _time);
        Assert.True(limit.TryAcquire(IPAddress.Parse(one), _time.GetTimestamp(), out _));
        Assert.Equal(!same, limit.TryAcquire(IPAddress.Parse(other), _time.GetTimestamp(), out _));
    }

    [Fact]
    public void Text_of_any_length_is_the_same_key_as_its_bytes()
    {
        var limit = new KeyedRateLimit(1, 1, 1024, 7, _time);
        foreach (var key in new[] { "", "a", "ä", new string('x', 5000), new string('x', 5000) + "y" })
        {
            Assert.True(limit.TryAcquire(key, _time.GetTimestamp(), out _));
            Assert.False(limit.TryAcquire(System.Text.Encoding.Latin1.GetBytes(key), _time.GetTimestamp(), out _));
        }
    }

    [Fact]
    public void A_flood_of_keys_neither_frees_an_active_key_nor_takes_memory()
    {
        var limit = new KeyedRateLimit(1, 5, 64, 7, _time);
        Assert.Equal(5, Admitted(limit, "abuser", 10));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0UL; i < 100_000; i++)
        {
            limit.TryAcquire(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref i)), _time.GetTimestamp(), out _);
        }
        // Not 0: a collection that another test causes ends this thread's piece of the heap.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000);
        Assert.Equal(0, Admitted(limit, "abuser", 10));
    }

    [Fact]
    public void Once_the_flood_is_over_new_keys_get_their_whole_burst_again()
    {
        var limit = new KeyedRateLimit(1, 5, 64, 7, _time);
        for (var i = 0; i < 10_000; i++)
        {
            limit.TryAcquire($"flood {i}", _time.GetTimestamp(), out _);
        }
        Assert.Equal(0, Admitted(limit, "new", 10));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(5, Admitted(limit, "new", 10));
    }

    [Fact]
    public void No_key_gets_more_than_burst_and_rate_times_time_whatever_the_others_do() =>
        // A table for 8 and 16 keys: buckets change hands all the time.
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, 400]).Array[1, 400].Sample(static steps =>
        {
            const int Rate = 2;
            const int Burst = 3;
            var time = new SteppedClock();
            var limit = new KeyedRateLimit(Rate, Burst, 8, 7, time);
            var admitted = new Dictionary<int, List<double>>();
            var now = 0d;
            foreach (var (key, milliseconds) in steps)
            {
                var gap = milliseconds > 300 ? milliseconds : 0;
                now += gap / 1000d;
                time.Advance(TimeSpan.FromMilliseconds(gap));
                if (limit.TryAcquire([(byte)key], time.GetTimestamp(), out _))
                {
                    if (!admitted.TryGetValue(key, out var times))
                    {
                        admitted[key] = times = [];
                    }
                    times.Add(now);
                    for (var from = 0; from < times.Count; from++)
                    {
                        Assert.True(times.Count - from <= Burst + (Rate * (now - times[from])) + 1e-9);
                    }
                }
            }
        }, iter: 1000);

    [Fact]
    public void Threads_share_it_exactly()
    {
        var limit = new KeyedRateLimit(1, 100, 1024, 7, _time);
        var now = _time.GetTimestamp();
        var admitted = 0;
        Parallel.For(0, 5000, i =>
        {
            if (limit.TryAcquire(i % 2 == 0 ? "even" : "odd", now, out var _))
            {
                Interlocked.Increment(ref admitted);
            }
        });
        Assert.Equal(200, admitted);
    }

    [Fact]
    public void The_hash_is_SipHash_2_4()
    {
        // The paper's appendix A, and the first of the vectors of its reference code.
        var seed = new UInt128(0x0f0e0d0c0b0a0908, 0x0706050403020100);
        var hash = new SipHash(seed);
        Assert.Equal(0xa129ca6149be45e5, hash.Of([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]));
        Assert.Equal(0x726fdb47dd0e0e31UL, hash.Of([]));
    }

    private int Admitted(KeyedRateLimit limit, string key, int tries) =>
        Enumerable.Range(0, tries).Count(_ => limit.TryAcquire(key, _time.GetTimestamp(), out var _));
}
