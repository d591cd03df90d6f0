using System.Net;
using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Balancing.Hashing;

namespace LoadBalancer.Benchmarks;

/// <summary>What hashing a request's key costs.</summary>
[MemoryDiagnoser]
public class KeyHashBenchmarks
{
    private readonly IPAddress _address = IPAddress.Parse("10.1.2.3");
    private readonly string _value = "5f0c6d8e-1f7e-4d58-9f0c-6d8e1f7e4d58";
    private readonly string _cookies = "theme=dark; consent=all; session=5f0c6d8e-1f7e-4d58-9f0c-6d8e1f7e4d58";

    [Benchmark]
    public ulong? Source() => KeyHash.Of(_address);

    [Benchmark]
    public ulong? Header() => KeyHash.Of(_value);

    [Benchmark]
    public ulong? Cookie() => KeyHash.OfCookie(_cookies, "session");
}
