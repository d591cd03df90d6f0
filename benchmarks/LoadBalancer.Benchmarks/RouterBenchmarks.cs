using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Benchmarks;

/// <summary>What finding the service of a request costs: it must not depend on how many services and routes there are.</summary>
[MemoryDiagnoser]
public class RouterBenchmarks
{
    private Catalog _catalog = null!;
    private Router _router = null!;
    private string _exact = "";
    private string _wildcard = "";
    private string _rule = "";
    private string _tagged = "";

    [Params(10, 1_000, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (_catalog, _) = BenchmarkCatalog.WithServices(Services);
        var names = Enumerable.Range(0, Services).Select(BenchmarkCatalog.ServiceName).ToArray();
        _router = new Router(
            names.SelectMany(static name => new[] { new Route { Host = $"{name}.example.com", Service = name }, new Route { Host = $"*.{name}.example.org", Service = name } }),
            "haproxy.service.consul", _catalog);
        var some = names[Services / 2];
        _exact = $"{some}.example.com:8080";
        _wildcard = $"www.{some}.example.org:8080";
        _rule = $"{some}.haproxy.service.consul:8080";
        _tagged = $"blue.{some}.haproxy.service.consul:8080";
    }

    [GlobalCleanup]
    public void Cleanup() => _catalog.Dispose();

    [Benchmark]
    public Service? ExactHost() => Match(_exact);

    [Benchmark]
    public Service? Wildcard() => Match(_wildcard);

    [Benchmark]
    public Service? HostRule() => Match(_rule);

    [Benchmark]
    public Service? HostRuleWithTag() => Match(_tagged);

    private Service? Match(string host) => _router.Match(new RouteRequest(host, "/some/path", "GET", null)).Service;
}
