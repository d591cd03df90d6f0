using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using LoadBalancer.TestSupport;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Health.Active;

/// <summary>What checks do to a catalog: real connections, to a port that listens and one that does not.</summary>
public sealed class CheckedCatalogTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ObservedEndpoint _alive;
    private readonly ObservedEndpoint _dead;

    public CheckedCatalogTests()
    {
        _listener.Start();
        _alive = Up("alive") with { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port };
        _dead = Up("dead") with { Host = "127.0.0.1", Port = Ports.Free() };
    }

    private static ServicePolicy Policy { get; } = new() { Check = new ActiveCheckOptions { Type = ActiveCheckType.Tcp, Timeout = TimeSpan.FromMinutes(1) } };

    private static string Refused { get; } = new SocketException((int)SocketError.ConnectionRefused).Message;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Who_fails_is_out_with_its_reason_and_is_back_when_it_listens()
    {
        using var world = Of(Policy, _alive, _dead);
        world.Observer.Take();
        await UntilAsync(world, "alive !dead");
        Assert.Equal([$"api ~ n/dead (check: {Refused})"], world.Observer.Take());
        var state = world["api"].Snapshot.Endpoints[1];
        Assert.Equal((Unavailability.Unhealthy, "unhealthy", $"check: {Refused}"), (state.Unavailability, state.ToString(), state.Reason));
        Assert.Equal(Refused, state.Endpoint.LastCheck);

        using var back = new TcpListener(IPAddress.Loopback, _dead.Port);
        back.Start();
        await UntilAsync(world, "alive dead");
        Assert.Equal(["api ~ n/dead"], world.Observer.Take());
        Assert.Equal("connected", world["api"].Snapshot.Endpoints[1].Endpoint.LastCheck);
    }

    [Theory]
    [InlineData(SourceState.Drain, Unavailability.Drain)]
    [InlineData(SourceState.Critical, Unavailability.Critical)]
    public async Task Who_is_out_for_another_reason_is_checked_too(SourceState state, Unavailability why)
    {
        using var world = Of(Policy, _dead with { State = state });
        await UntilAsync(world, () => world["api"].Snapshot.Endpoints[0].Unavailability == (why | Unavailability.Unhealthy), "it has both bits");
        world.Open().Observe("api", Seen(_dead));
        Assert.Equal(Unavailability.Unhealthy, world["api"].Snapshot.Endpoints[0].Unavailability);
    }

    [Fact]
    public async Task Two_services_that_share_an_address_have_two_verdicts()
    {
        using var world = new TestCatalog(new CatalogOptions { PolicyFor = static name => name == "api" ? Policy : ServicePolicy.Default });
        var feed = world.Open();
        feed.Observe("api", Seen(_dead));
        feed.Observe("web", Seen(_dead));
        await UntilAsync(world, "!dead");
        Assert.Equal("dead", world.Show("web"));
    }

    [Fact]
    public async Task At_another_address_the_verdict_does_not_follow()
    {
        using var world = Of(Policy, _dead);
        await UntilAsync(world, "!dead");
        world.Open().Observe("api", Seen(_dead with { Port = _alive.Port }));
        Assert.Equal("dead", world.Show("api"));
        world.Open().Observe("api", Seen(_dead));
        Assert.Equal("dead", world.Show("api"));
    }

    [Fact]
    public async Task A_change_of_weight_keeps_the_verdict()
    {
        using var world = Of(Policy, _dead);
        await UntilAsync(world, "!dead");
        world.Open().Observe("api", Seen(_dead with { Weight = 7 }));
        Assert.Equal("!dead", world.Show("api"));
    }

    [Fact]
    public async Task Turned_off_or_changed_by_a_reload()
    {
        using var world = Of(Policy, _dead);
        await UntilAsync(world, "!dead");
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => Policy with { Check = Policy.Check! with { Port = _alive.Port } } });
        Assert.Equal("!dead", world.Show("api"));
        await UntilAsync(world, "dead");
        world.Catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => Policy });
        await UntilAsync(world, "!dead");
        world.Catalog.Reconfigure(new CatalogOptions());
        Assert.Equal("dead", world.Show("api"));
        Assert.Null(world["api"].Snapshot.Endpoints[0].Reason);
    }

    [Fact]
    public async Task New_ones_may_start_out_and_are_in_no_snapshot_before_that()
    {
        var policy = Policy with { Check = Policy.Check! with { Initial = InitialVerdict.Down } };
        using var world = Of(policy, _alive);
        Assert.Equal("!alive", world.Show("api"));
        Assert.Equal("check: not checked yet", world["api"].Snapshot.Endpoints[0].Reason);
        Assert.Equal(["api + n/alive (check: not checked yet)"], world.Observer.Take().Where(static line => line.StartsWith("api +", StringComparison.Ordinal)));
        await UntilAsync(world, "alive");
        world.Open().Observe("api", Seen(_dead));
        await UntilAsync(world, () => world["api"].Snapshot.Endpoints[0].Reason == $"check: {Refused}", "it is out for what its check found");
        Assert.Equal("!dead", world.Show("api"));
    }

    [Theory]
    [InlineData("no such host")]
    [InlineData("[")]
    public async Task An_address_that_is_none_fails_its_checks_and_nothing_else(string host)
    {
        foreach (var type in Enum.GetValues<ActiveCheckType>())
        {
            using var world = Of(Policy with { Check = Policy.Check! with { Type = type, Command = ["/no/such/program"] } }, _alive, _dead with { Host = host });
            await UntilAsync(world, () => !world["api"].Snapshot.Endpoints[1].IsAvailable, $"{type} is out");
            Assert.NotEmpty(world["api"].Snapshot.Endpoints[1].Reason!);
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void An_unhealthy_endpoint_is_never_picked(BalanceAlgorithm balance)
    {
        using var world = Of(Policy with { Balance = balance, Check = Policy.Check! with { Initial = InitialVerdict.Down } }, _alive, _dead);
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!));
    }

    [Fact]
    public async Task Checks_observations_reloads_and_failures_at_the_same_time_end_in_the_truth()
    {
        var policy = Policy with { Check = Policy.Check! with { Interval = TimeSpan.FromMilliseconds(2), FastInterval = TimeSpan.FromMilliseconds(1) } };
        var other = policy with { Check = policy.Check! with { Rise = 1, Fall = 1 } };
        var ct = TestContext.Current.CancellationToken;
        using var catalog = new Catalog(new CatalogOptions { PolicyFor = _ => policy }, new RecordingObserver(), new SwitchableProbe(), TimeProvider.System, seed: 1);
        var feed = catalog.Open("static", []);
        ObservedEndpoint[] all = [_alive, _dead, .. Ids(20).Select(id => _alive with { Id = new EndpointId("n", id) })];
        feed.Observe("api", Seen(all));
        var service = catalog.Find("api")!;

        await Task.WhenAll(
            Task.Run(() => Repeat(i => feed.Observe("api", Seen(i % 2 == 0 ? all.AsSpan(0, 2) : all))), ct),
            Task.Run(() => Repeat(i => catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => i % 3 == 0 ? ServicePolicy.Default : i % 3 == 1 ? policy : other })), ct),
            Task.Run(() => Repeat(_ => Fail(service.Snapshot.Endpoints[0].Endpoint)), ct));

        feed.Observe("api", Seen(all.AsSpan(0, 2)));
        catalog.Reconfigure(new CatalogOptions { PolicyFor = _ => policy });
        await Eventually.True(() => service.Snapshot.Endpoints is [{ Unavailability: Unavailability.None or Unavailability.Ejected }, { Unavailability: Unavailability.Unhealthy }], "the dead one is out for its checks, the other is not");

        static void Repeat(Action<int> act)
        {
            for (var i = 0; i < 300; i++)
            {
                act(i);
                Thread.Yield();
            }
        }
    }

    private static Task UntilAsync(TestCatalog world, string shown) => UntilAsync(world, () => world.Show("api") == shown, shown);

    private static Task UntilAsync(TestCatalog world, Func<bool> condition, string what) => Eventually.True(
        () =>
        {
            // The connections are real, the time between them is not.
            world.Time.Advance(TimeSpan.FromMilliseconds(50));
            return condition();
        },
        what);
}
