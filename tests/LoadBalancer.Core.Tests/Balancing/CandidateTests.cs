using System.Runtime.InteropServices;
using CsCheck;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Balancing;

public class CandidateTests
{
    private static readonly Gen<(ObservedEndpoint[] Endpoints, bool[] Ejected, BalanceAlgorithm Balance, ulong? Hash)> s_services =
        Gen.Select(
            Gen.Select(Gen.Int[-1, 20], Gen.Int[0, 3], Gen.Enum<SourceState>(), Gen.OneOf("blue", "green", "BLUE"))
                .Array[0, 7].Select(static all => all.Select(static (e, i) => Up($"e{i}", e.Item1, e.Item2, e.Item3, e.Item4)).ToArray()),
            Gen.Bool.Array[7],
            Gen.Enum<BalanceAlgorithm>(),
            Gen.ULong.Nullable());

    [Fact]
    public void Candidates_come_by_availability_and_priority_each_once_and_none_is_left_out() => s_services.Sample(static input =>
    {
        using var world = TestCatalog.Of(input.Balance, input.Endpoints);
        foreach (var (state, ejected) in world["api"].Snapshot.Endpoints.Zip(input.Ejected))
        {
            if (ejected)
            {
                Fail(state.Endpoint);
            }
        }
        var snapshot = world["api"].Snapshot;
        foreach (var tag in new[] { "", "blue", "GREEN" })
        {
            var tagged = snapshot.Endpoints.Where(state => tag.Length == 0 || state.Observed.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase)).ToList();
            var picker = snapshot.PickerFor(tag);
            Assert.Equal(tag.Length > 0 && tagged.Count == 0, picker is null);
            if (picker is null)
            {
                continue;
            }
            var tries = Picks.Tries(picker, input.Hash);
            // Nothing that the source or its weight has taken out; the ejected only after all that are available.
            var expected = tagged.Where(static state => (state.Unavailability & ~Unavailability.Ejected) == 0).ToList();
            Assert.Equal(expected.Count, tries.Distinct().Count());
            Assert.Equal(expected.Count, tries.Count);
            Assert.Equal(
                expected.OrderBy(static state => !state.IsAvailable).ThenBy(static state => state.Priority).Select(static state => (state.IsAvailable, state.Priority)),
                tries.Select(static state => (state.IsAvailable, state.Priority)));
        }
    }, iter: 1000);

    [Fact]
    public void Whatever_runs_and_however_slow_nobody_is_picked_who_is_not_available_while_another_is() => Gen.Select(
        s_services,
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 5000], Gen.Enum<LeaseOutcome>(), Gen.Bool, Gen.ULong.Nullable(), Gen.Enum<SourceState>().Nullable()).Array[1, 40],
        Gen.Enum<HashTableKind>(),
        Gen.OneOf(0.0, 1.0, 1.25),
        Gen.Int[0, 3],
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 20], Gen.Bool, Gen.Bool)).Sample(static (services, steps, table, factor, limit, passive) =>
    {
        using var world = new TestCatalog(new CatalogOptions
        {
            PolicyFor = _ => new ServicePolicy
            {
                Balance = services.Balance,
                HashTable = table,
                HashBalanceFactor = factor,
                EndpointLimits = new() { MaxRequests = limit },
                SlowStart = TimeSpan.FromSeconds(passive.Item2),
                Outliers = new OutlierOptions
                {
                    ConsecutiveErrors = passive.Item1,
                    SuccessRate = passive.Item3 ? new SuccessRateOptions { MinimumRequests = 1, MinimumEndpoints = 2, Deviations = 0 } : null,
                    Flapping = passive.Item4 ? new FlappingOptions { Returns = 1 } : null,
                },
            },
        });
        var endpoints = services.Endpoints.ToArray();
        world.Open().Observe("api", Seen(endpoints));
        var leases = new List<Lease>();
        foreach (var (which, milliseconds, outcome, ends, hash, state) in steps)
        {
            var snapshot = world["api"].Snapshot;
            var context = new PickContext { Hash = hash };
            var picked = snapshot.PickerFor("")!.Pick(ref context);
            Assert.Equal(snapshot.Endpoints.Any(static state => (state.Unavailability & ~Unavailability.Ejected) == 0), picked is not null);
            if (picked is not null)
            {
                Assert.Contains(picked, snapshot.Endpoints);
                Assert.True(picked.IsAvailable || snapshot.AvailableCount == 0);
                Assert.DoesNotContain(snapshot.Endpoints, other => other.IsAvailable && other.Priority < picked.Priority);
                leases.Add(Lease.Begin(picked.Endpoint));
            }
            world.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            if (state is { } next && which < endpoints.Length)
            {
                endpoints[which] = endpoints[which] with { State = next };
                world.Open().Observe("api", Seen(endpoints));
            }
            if (ends && leases.Count > 0)
            {
                CollectionsMarshal.AsSpan(leases)[which % leases.Count].End(outcome);
            }
        }
    }, iter: 1000);

    [Theory]
    [MemberData(nameof(Algorithms.All), MemberType = typeof(Algorithms))]
    public void A_request_gets_at_most_so_many_tries(BalanceAlgorithm balance)
    {
        using var world = TestCatalog.Of(balance, [.. Ids(20).Select(static id => Up(id))]);
        Assert.Equal(PickContext.MaxTries, Picks.Tries(world["api"].Snapshot.PickerFor("")!).Count);
    }

    [Fact]
    public void What_a_heavy_endpoint_leaves_to_the_others_is_spread_over_them()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, [Up("heavy", 1000), .. Ids(20).Select(static id => Up(id))]);
        var heavy = world["api"].Snapshot.Endpoints.Single(static state => state.Weight == 1000).Endpoint;
        var picker = world["api"].Snapshot.PickerFor("")!;
        var counts = new Dictionary<Endpoint, int>();
        for (var i = 0; i < 2000; i++)
        {
            var context = new PickContext();
            context.Exclude(heavy);
            var endpoint = picker.Pick(ref context)!.Endpoint;
            counts[endpoint] = counts.GetValueOrDefault(endpoint) + 1;
        }
        Assert.Equal(20, counts.Count);
        Assert.InRange(counts.Values.Max(), 100, 300);
    }

    [Fact]
    public void The_next_priority_is_used_only_when_none_of_the_lower_is_available()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 1, 1), Up("b", 1, 1), Up("c", 1, 2));
        Assert.DoesNotContain("c", Picks.Take(world["api"], 20));
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("b", id));
        Fail(world["api"].Snapshot.Endpoints[1].Endpoint);
        Assert.All(Picks.Take(world["api"], 20), static id => Assert.Equal("c", id));
        world.Pass(1);
        Assert.DoesNotContain("c", Picks.Take(world["api"], 20));
    }

    [Fact]
    public void A_tag_that_only_critical_endpoints_have_is_known_but_yields_nobody()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 1, 0, SourceState.Critical, "v2"), Up("b", 1, 0, SourceState.Passing, "v1"));
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("v2")!));
        Assert.Null(world["api"].Snapshot.PickerFor("v3"));
    }

    [Fact]
    public void A_tag_that_only_ejected_endpoints_have_is_tried_all_the_same()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 1, 0, SourceState.Passing, "v2"), Up("b", 1, 0, SourceState.Passing, "v1"));
        Fail(world["api"].Snapshot.Endpoints[0].Endpoint);
        Assert.Equal(["a"], Picks.Take(world["api"], 1, "V2"));
    }

    [Fact]
    public void A_tag_that_is_listed_twice_or_that_all_have_is_no_special_case()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin, Up("a", 1, 0, SourceState.Passing, "v1", "V1", "all"), Up("b", 1, 0, SourceState.Passing, "all"));
        Assert.Equal(["a", "a"], Picks.Take(world["api"], 2, "v1"));
        Assert.Equal(["a", "b"], Picks.Take(world["api"], 2, "ALL").Order());
    }

    [Fact]
    public void Without_endpoints_there_is_a_picker_that_yields_nobody()
    {
        using var world = TestCatalog.Of(BalanceAlgorithm.RoundRobin);
        Assert.Empty(Picks.Tries(world["api"].Snapshot.PickerFor("")!));
        Assert.Null(world["api"].Snapshot.PickerFor("any"));
    }
}
