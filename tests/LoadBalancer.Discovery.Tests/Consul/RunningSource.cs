using System.Collections.Concurrent;
using LoadBalancer.Discovery.Consul;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>A <see cref="ConsulSource"/> at work; disposing it checks that it stops at once.</summary>
internal sealed class RunningSource : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConsulClient _client;
    private readonly Task _run;

    public RunningSource(ConsulOptions options, TimeSpan? rebalanceEvery = null)
    {
        _client = new(options, TimeProvider.System, new LogSink<ConsulClient>(Log), inner => new CountingHandler(inner, Requests));
        var source = new ConsulSource(_client, options, TimeProvider.System, seed: 1, new LogSink<ConsulSource>(Log)) { RebalanceEvery = rebalanceEvery ?? TimeSpan.FromSeconds(30) };
        _run = Task.Run(() => source.RunAsync(Feed, _stop.Token));
    }

    public RecordingFeed Feed { get; } = new();

    /// <summary>Path and query of every request so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(_run.IsCompletedSuccessfully);
        var after = Requests.Count;
        _client.Dispose();
        _stop.Dispose();
        Assert.False(Feed.Overlapped, "two observations of one service at the same time");
        Assert.Equal(after, Requests.Count);
    }
}
