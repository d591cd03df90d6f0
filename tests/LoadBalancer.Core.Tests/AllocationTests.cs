using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests;

/// <summary>What runs for every request allocates nothing, however many services there are.</summary>
public class AllocationTests
{
    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void A_request_from_the_host_to_the_end_of_its_lease_allocates_nothing(BalanceAlgorithm balance)
    {
        // Only the services that are asked for: ten thousand hash tables would be most of the test's time.
        string[] asked = ["s05000", "s09999", "s00001", "s00777", "s00778", "s00779", "s00780", "s00002"];
        var policy = new ServicePolicy { Balance = balance, Outliers = new OutlierOptions { Statuses = [new(500, 599)], SuccessRate = new SuccessRateOptions() } };
        using var world = new TestCatalog(new CatalogOptions { PolicyFor = name => asked.Contains(name) ? policy : ServicePolicy.Default });
        var feed = world.Open();
        foreach (var service in Ids(10_000, "s"))
        {
            feed.Observe(service, Seen(Up("a", 3, 1, 0, "v1", "all"), Up("b", 1, 1, 0, "all"), Up("c", 1, 2, 0, "all") with { Datacenter = "dc1" }));
        }
        var router = new Router(
        [
            .. Ids(10_000, "s").Select(static service => new Route { Host = $"{service}.example.com", Service = service }),
            new Route { Host = "*.wild.example.com", Service = "s00001", Tag = "v1", Methods = ["GET"] },
            new Route { Service = "s00002" },
        ], "haproxy.service.consul", world.Catalog);
        string[] hosts =
        [
            "s05000.example.com", "S09999.example.com:8080", "x.y.wild.example.com", "s00777.haproxy.service.consul",
            "v1.s00778.haproxy.service.consul", "ALL.s00779.haproxy.service.consul", "s00780.haproxy.service.dc1.consul", "unknown.example.org",
        ];
        void Request(string host)
        {
            var match = router.Match(new RouteRequest(host, "/some/path", "GET", null));
            var service = match.Service!;
            service.CountRequest();
            var picker = service.Snapshot.PickerFor(match.Tag)!;
            var context = new PickContext { Hash = picker.HashOn is null ? null : KeyHash.Of(host) };
            var first = picker.Pick(ref context)!;
            var failed = Lease.Begin(first.Endpoint);
            failed.End(LeaseOutcome.Failed);
            context.Exclude(first.Endpoint);
            var second = picker.Pick(ref context) ?? first;
            var lease = Lease.Begin(second.Endpoint);
            lease.Answered(service.Snapshot.Policy.Outliers.IsError(200));
            lease.End(LeaseOutcome.Succeeded);
        }
        // The first rounds are the compiler's, and a collection that another test causes ends this thread's piece of the heap.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++)
            {
                foreach (var host in hosts)
                {
                    Request(host);
                }
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Theory]
    [InlineData("")]
    [InlineData("V1")]
    [InlineData("all")]
    public void A_dispatch_to_endpoints_with_limits_allocates_nothing_also_when_it_waits(string tag)
    {
        using var world = TestCatalog.Of(
            new ServicePolicy { EndpointLimits = new() { MaxRequests = 1 } }, Up("a", tags: ["v1", "all"]), Up("b", tags: "all"));
        var requests = Enumerable.Range(0, 3).Select(_ => new LimitedRequest(world["api"], world.Time)).ToArray();
        var allocated = 0L;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++)
            {
                foreach (var request in requests)
                {
                    request.Begin(tag);
                    request.Ask();
                }
                // One waits, or two where only one endpoint has the tag; each end hands its place on.
                foreach (var request in requests)
                {
                    if (request.Calls > 0)
                    {
                        request.Resume();
                    }
                    request.End();
                }
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal((0L, 0), (allocated, world["api"].EndpointQueue!.Waiting));
    }

    [Fact]
    public void A_round_over_ten_thousand_quiet_services_allocates_next_to_nothing()
    {
        using var world = new TestCatalog();
        var feed = world.Open();
        foreach (var service in Ids(10_000, "s"))
        {
            feed.Observe(service, Seen("a"));
        }
        world.Pass(2);
        var before = GC.GetAllocatedBytesForCurrentThread();
        world.Pass(1);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }
}
