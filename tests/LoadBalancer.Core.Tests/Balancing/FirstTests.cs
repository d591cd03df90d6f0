using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing;

public class FirstTests
{
    [Fact]
    public void Each_is_filled_up_to_the_limit_before_the_next()
    {
        using var world = Of(3, Up("a"), Up("b"), Up("c"));
        Assert.Equal("aaabbbccc", Fill(world, 9));
    }

    [Fact]
    public void When_all_are_full_the_least_busy_gets_more()
    {
        using var world = Of(1, Up("a"), Up("b"));
        Fill(world, 2);
        LeastConnectionsTests.Load(world["api"].Snapshot.Endpoints[0].Endpoint, 1);
        Assert.All(Picks.Take(world["api"], 5), static id => Assert.Equal("b", id));
    }

    [Fact]
    public void What_becomes_free_first_is_used_first()
    {
        using var world = Of(2, Up("a"), Up("b"));
        var lease = Lease.Begin(world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.Equal("ab", Fill(world, 2));
        lease.End(LeaseOutcome.Succeeded);
        Assert.Equal("ab", Fill(world, 2));
    }

    [Fact]
    public void The_heaviest_comes_first()
    {
        using var world = Of(1, Up("a", 1), Up("b", 5), Up("c", 5));
        Assert.Equal("bca", Fill(world, 3));
    }

    [Fact]
    public void Without_a_limit_the_first_gets_all_until_it_is_out()
    {
        using var world = Of(0, Up("a"), Up("b"));
        Assert.Equal("aaaa", Fill(world, 4));
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.Equal("bb", Fill(world, 2));
    }

    private static TestCatalog Of(int limit, params ReadOnlySpan<ObservedEndpoint> endpoints) =>
        TestCatalog.Of(new ServicePolicy { Balance = BalanceAlgorithm.First, EndpointLimits = new() { MaxRequests = limit } }, endpoints);

    private static string Fill(TestCatalog world, int requests)
    {
        var picked = "";
        for (var i = 0; i < requests; i++)
        {
            var endpoint = world["api"].Snapshot.PickerFor("")!.PickOne().Endpoint;
            _ = Lease.Begin(endpoint);
            picked += endpoint.Id.ServiceId;
        }
        return picked;
    }
}
