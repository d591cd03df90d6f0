using LoadBalancer.Discovery.Consul;
using LoadBalancer.Discovery.Consul.Client;
using LoadBalancer.Discovery.Consul.Watching;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>The order of questions and the judgement of answers, without a network.</summary>
public sealed class BlockingQueryTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<ConsulQuery> _asked = [];
    private readonly Queue<object> _answers = new();
    private readonly ConsulClient _client;
    private readonly FetchGate _gate = new(1);
    private readonly BlockingQuery<string> _query;

    public BlockingQueryTests()
    {
        var options = new ConsulOptions();
        _client = new(options, _time, NullLogger<ConsulClient>.Instance);
        var scope = new WatchScope
        {
            Client = _client,
            Options = options,
            Feed = new RecordingFeed(),
            Budget = new(1),
            Fetches = _gate,
            Jitter = new(1),
            Time = _time,
            Logger = NullLogger.Instance,
        };
        _query = new(AskAsync, scope, new TokenBucket(1000, 1000, _time));
    }

    public void Dispose()
    {
        _client.Dispose();
        _gate.Dispose();
    }

    [Fact]
    public async Task It_follows_the_index()
    {
        Answers(("a", 5), ("a", 5), ("b", 8));
        var first = await NextAsync();
        Assert.Equal(("a", true, false, null), (first.Value, first.Moved, first.AfterLoss, first.Doubt));
        Assert.False((await NextAsync()).Moved);
        Assert.True((await NextAsync()).Moved);
        Assert.Equal([0ul, 5, 5], _asked.Select(query => query.Index));
        Assert.All(_asked, query => Assert.True(query.Stale));
    }

    [Fact]
    public async Task Waits_start_short_and_grow_while_nothing_changes()
    {
        Answers([.. Enumerable.Range(0, 9).Select(_ => ("a", 5ul))]);
        for (var i = 0; i < 9; i++)
        {
            await NextAsync();
        }
        Assert.InRange(_asked[1].Wait, TimeSpan.FromSeconds(7.5), TimeSpan.FromSeconds(15));
        Assert.Equal(_asked[1].Wait * 2, _asked[2].Wait);
        Assert.Equal(TimeSpan.FromMinutes(5), _asked[8].Wait);
    }

    [Fact]
    public async Task Every_loss_starts_again_at_index_0()
    {
        Answers(("a", 5));
        await NextAsync();
        _answers.Enqueue(new ConsulException("agent", "path", "lost"));
        await Assert.ThrowsAsync<ConsulException>(NextAsync);
        Answers(("b", 6), ("c", 7));
        var after = await NextAsync();
        Assert.True(after.AfterLoss);
        Assert.Null(after.Doubt);
        Assert.False((await NextAsync()).AfterLoss);
        Assert.Equal([0ul, 5, 0, 6], _asked.Select(query => query.Index));
    }

    [Fact]
    public async Task An_index_that_went_back_is_confirmed_by_the_leader_and_doubted()
    {
        Answers(("a", 50), ("old", 3), ("new", 4), ("next", 6));
        await NextAsync();
        var back = await NextAsync();
        Assert.Equal(("new", true), (back.Value, back.WentBack));
        Assert.Equal("the index of Consul went back from 50 to 4", back.Doubt);
        Assert.Equal((0ul, false), (_asked[2].Index, _asked[2].Stale));
        Assert.Null((await NextAsync()).Doubt);
        Assert.Equal(4ul, _asked[3].Index);
    }

    [Fact]
    public async Task A_server_that_lags_is_overruled_by_the_leader()
    {
        Answers(("a", 50), ("old", 40), ("a", 50));
        await NextAsync();
        var reading = await NextAsync();
        Assert.Equal(("a", false, false, null), (reading.Value, reading.WentBack, reading.Moved, reading.Doubt));
    }

    [Fact]
    public async Task Cancelling_it_is_no_loss()
    {
        Answers(("a", 5));
        await NextAsync();
        _answers.Enqueue(new OperationCanceledException());
        await Assert.ThrowsAsync<OperationCanceledException>(NextAsync);
        Answers(("a", 6));
        Assert.False((await NextAsync()).AfterLoss);
        Assert.Equal(0ul, _asked[^1].Index);
    }

    [Fact]
    public async Task At_the_start_a_stale_answer_is_better_than_none()
    {
        _answers.Enqueue(new ConsulException("agent", "path", "No cluster leader"));
        _answers.Enqueue(new ConsulAnswer<string>("a", 5, KnownLeader: false, Filtered: false));
        var reading = await _query.NowAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("a", "the Consul servers know no leader"), (reading.Value, reading.Doubt));
        Assert.Equal([false, true], _asked.Select(query => query.Stale));
        _answers.Enqueue(new ConsulException("agent", "path", "No cluster leader"));
        await Assert.ThrowsAsync<ConsulException>(() => _query.NowAsync(TestContext.Current.CancellationToken));
    }

    private Task<Reading<string>> NextAsync() => _query.NextAsync(TestContext.Current.CancellationToken);

    private void Answers(params (string Value, ulong Index)[] answers)
    {
        foreach (var (value, index) in answers)
        {
            _answers.Enqueue(new ConsulAnswer<string>(value, index, KnownLeader: true, Filtered: false));
        }
    }

    private Task<ConsulAnswer<string>> AskAsync(ConsulQuery query, CancellationToken cancel)
    {
        _asked.Add(query);
        return _answers.Dequeue() switch
        {
            ConsulAnswer<string> answer => Task.FromResult(answer),
            var failure => Task.FromException<ConsulAnswer<string>>((Exception)failure),
        };
    }
}
