using LoadBalancer.Discovery.Consul.Watching;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class WatchBudgetTests
{
    [Fact]
    public void It_gives_what_it_has_and_the_next_free_one_to_the_busiest()
    {
        var budget = new WatchBudget(2);
        Watched[] all = [.. Enumerable.Range(0, 4).Select(i => new Watched($"s{i}"))];
        Assert.Equal([true, true, false, false], all.Select(budget.TryTake));
        Assert.True(budget.IsShort);
        budget.Rebalance(name => name == "s3" ? 9 : 0);
        Assert.All(all, watched => Assert.Equal((0, 0), (watched.Grants, watched.Retirements)));

        budget.Leave(all[0]);
        Assert.Equal([0, 0, 0, 1], all.Select(watched => watched.Grants));
        budget.Leave(all[1]);
        Assert.Equal(1, all[2].Grants);
        Assert.False(budget.IsShort);
    }

    [Fact]
    public void Only_a_clearly_busier_service_takes_over()
    {
        var budget = new WatchBudget(1);
        var (holder, other) = (new Watched("holder"), new Watched("other"));
        budget.TryTake(holder);
        budget.TryTake(other);
        // Rates are smoothed: half of 100 and half of 180.
        budget.Rebalance(name => name == "holder" ? 100 : 180);
        Assert.Equal(0, holder.Retirements);
        budget.Rebalance(name => name == "holder" ? 100 : 1180);
        Assert.Equal(1, holder.Retirements);
        budget.Rebalance(name => name == "holder" ? 100 : 2180);
        Assert.Equal(1, holder.Retirements);
        Assert.Equal(0, other.Grants);
        budget.Release(holder);
        Assert.Equal(1, other.Grants);
        Assert.False(budget.TryTake(holder));
    }

    [Fact]
    public void What_the_agent_refuses_is_not_tried_again_at_once()
    {
        var budget = new WatchBudget(20);
        Watched[] all = [.. Enumerable.Range(0, 20).Select(i => new Watched($"s{i}"))];
        Assert.All(all, watched => Assert.True(budget.TryTake(watched)));
        foreach (var watched in all.Skip(10))
        {
            budget.Refused(watched);
            Assert.False(budget.TryTake(watched));
        }
        budget.Rebalance(_ => 0);
        Assert.Equal(8, all.Sum(watched => watched.Grants));
        budget.Rebalance(_ => 0);
        Assert.Equal(10, all.Sum(watched => watched.Grants));
        Assert.False(budget.IsShort);
    }

    private sealed class Watched(string name) : IWatched
    {
        public string Name => name;

        public int Grants { get; private set; }

        public int Retirements { get; private set; }

        public void Grant() => Grants++;

        public void Retire() => Retirements++;
    }
}
