using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class LeaseTests
{
    [Fact]
    public void It_counts_as_in_flight_until_it_ends_and_ends_once()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"));
        var endpoint = world["api"].Snapshot.Endpoints[0].Endpoint;
        var lease = Lease.Begin(endpoint);
        Assert.Same(endpoint, lease.Endpoint);
        Assert.Equal(1, endpoint.InFlight);
        lease.End(LeaseOutcome.Failed);
        lease.End(LeaseOutcome.Failed);
        Assert.Null(lease.Endpoint);
        Assert.Equal((0, 1L, 1L), (endpoint.InFlight, endpoint.Total, endpoint.Failures));
    }

    [Fact]
    public void A_lease_that_never_began_ends_without_a_trace()
    {
        var lease = default(Lease);
        lease.End(LeaseOutcome.Succeeded);
        Assert.Null(lease.Endpoint);
    }

    [Fact]
    public void Of_two_threads_that_end_it_one_does()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"));
        var endpoint = world["api"].Snapshot.Endpoints[0].Endpoint;
        for (var round = 0; round < 5000; round++)
        {
            var lease = Lease.Begin(endpoint);
            Parallel.Invoke(() => lease.End(LeaseOutcome.Succeeded), () => lease.End(LeaseOutcome.Canceled));
        }
        Assert.Equal(0, endpoint.InFlight);
    }

    [Fact]
    public void Whatever_begins_and_ends_in_whatever_order_nothing_stays_in_flight() =>
        // Each step begins a lease (an endpoint) or ends one (by its place in the list, with an outcome), at times twice.
        Gen.Select(Gen.Bool, Gen.Int[0, 100], Gen.Enum<LeaseOutcome>()).List[0, 200].Sample(static steps =>
        {
            using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a"), Up("b"), Up("c"));
            var endpoints = world["api"].Snapshot.Endpoints.Select(static state => state.Endpoint).ToArray();
            var leases = new List<Lease>();
            var running = new int[endpoints.Length];
            foreach (var (begins, index, outcome) in steps)
            {
                if (begins || leases.Count == 0)
                {
                    leases.Add(Lease.Begin(endpoints[index % 3]));
                    running[index % 3]++;
                    continue;
                }
                var leaseSpan = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(leases);
                ref var lease = ref leaseSpan[index % leases.Count];
                if (lease.Endpoint is { } endpoint)
                {
                    running[Array.IndexOf(endpoints, endpoint)]--;
                }
                lease.End(outcome);
                Assert.Equal(running, endpoints.Select(static endpoint => endpoint.InFlight));
            }
            foreach (ref var lease in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(leases))
            {
                lease.End(LeaseOutcome.Succeeded);
            }
            Assert.All(endpoints, static endpoint => Assert.Equal(0, endpoint.InFlight));
        }, iter: 500);
}
