using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Model;

public class ConcurrencyTests
{
    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void Requests_on_many_threads_never_see_half_an_update(BalanceAlgorithm balance)
    {
        // Every observation has one endpoint in three available, marked by its weight, and one that is always up.
        var policy = new ServicePolicy
        {
            Balance = balance,
            SlowStart = TimeSpan.FromSeconds(1),
            Outliers = new OutlierOptions
            {
                ConsecutiveErrors = 2,
                EjectionTime = TimeSpan.FromSeconds(0.2),
                MaxEjectionTime = TimeSpan.FromSeconds(1),
                SuccessRate = new SuccessRateOptions { Interval = TimeSpan.FromSeconds(0.5), MinimumRequests = 10, MinimumEndpoints = 2, Deviations = 0, Margin = 1 },
            },
        };
        using var world = new TestCatalog(new CatalogOptions { PolicyFor = _ => policy });
        var feed = world.Open();
        void Observe(int i) => feed.Observe("api", Seen(
            Up("always"),
            Up("a", state: i % 3 == 0 ? SourceState.Passing : SourceState.Critical),
            Up("b", weight: i % 3 == 1 ? 5 : 0),
            Up("c", state: i % 3 == 2 ? SourceState.Warning : SourceState.Drain)));
        Observe(0);
        var service = world["api"];
        var stop = false;
        var requests = Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            var count = 0;
            do
            {
                var snapshot = service.Snapshot;
                var context = new PickContext { Hash = (ulong)count << 48 };
                var state = snapshot.PickerFor("")!.Pick(ref context);
                Assert.NotNull(state);
                Assert.Contains(state, snapshot.Endpoints);
                Assert.True(state.IsAvailable || snapshot.AvailableCount == 0);
                var lease = Lease.Begin(state.Endpoint);
                lease.Answered();
                lease.End(random.Next(50) switch
                {
                    0 => LeaseOutcome.ConnectFailed,
                    < 10 => LeaseOutcome.Failed,
                    _ => LeaseOutcome.Succeeded,
                });
                count++;
            }
            while (!Volatile.Read(ref stop));
            return count;
        }, TestContext.Current.CancellationToken)).ToArray();
        try
        {
            // A hash table takes longer to make than all the rest of a snapshot.
            for (var i = 0; i < (balance == BalanceAlgorithm.Hash ? 300 : 2000); i++)
            {
                Observe(i);
                world.Time.Advance(TimeSpan.FromMilliseconds(50));
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
        }
        var total = requests.Sum(static task => task.GetAwaiter().GetResult());
        Assert.All(service.Snapshot.Endpoints, static state => Assert.Equal(0, state.Endpoint.InFlight));
        Assert.Equal(total, service.Snapshot.Endpoints.Sum(static state => state.Endpoint.Total));
        world.Pass(60);
        Assert.Equal(2, service.Snapshot.AvailableCount);
        Assert.All(service.Snapshot.Endpoints, static state => Assert.Equal(1, state.Ramp));
    }

    [Fact]
    public void Sources_restarts_and_rounds_at_once_end_in_what_was_said_last()
    {
        using var world = new TestCatalog(new CatalogOptions { ForgetAfter = TimeSpan.FromSeconds(1), HoldFor = TimeSpan.FromSeconds(1) });
        var services = Ids(20, "s").ToArray();
        var consul = world.Open();
        var dns = world.Open("dns");
        Parallel.Invoke(
            () => Say(consul, services[..10], "c"),
            () => Say(consul, services[10..], "c"),
            () => Say(dns, services, "d"),
            () => world.Pass(300),
            () =>
            {
                for (var i = 0; i < 50; i++)
                {
                    world.Catalog.Reconfigure(new CatalogOptions { ForgetAfter = TimeSpan.FromSeconds(1 + (i % 2)) });
                    Assert.NotNull(world.Catalog.Capture().ToList());
                }
            });
        world.Pass(120);
        Assert.All(services, service => Assert.Equal("c1 c2", world.Show(service)));

        static void Say(ISourceFeed feed, string[] services, string prefix)
        {
            for (var i = 0; i < 100; i++)
            {
                foreach (var service in services)
                {
                    feed.Observe(service, (i % 4) switch
                    {
                        0 => Seen(prefix + "1"),
                        1 => new Observation.Failed("timeout"),
                        2 => Nothing,
                        _ => Seen(prefix + "1", prefix + "2"),
                    });
                }
            }
        }
    }
}
