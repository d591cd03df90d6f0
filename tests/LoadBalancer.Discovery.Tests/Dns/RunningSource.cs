using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Dns;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Discovery.Tests.Dns;

/// <summary>A DNS source at work, and what it reported.</summary>
internal sealed class RunningSource : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;

    private RunningSource(DnsOptions options, TimeProvider time)
    {
        Source = new DnsSource(options, time, seed: 1, NullLogger<DnsSource>.Instance);
        _task = Source.RunAsync(Feed, _stop.Token);
    }

    public DnsSource Source { get; }

    public RecordingFeed Feed { get; } = new();

    /// <summary>Options that ask often, so that a test need not wait.</summary>
    public static DnsOptions Options(string server, params string[] services) => new()
    {
        Servers = [server],
        Domain = "example.com",
        Services = [.. services.Select(service => DnsServiceOptions.Parse(service, null))],
        MinRefresh = TimeSpan.FromMilliseconds(100),
        MaxRefresh = TimeSpan.FromMilliseconds(200),
        Timeout = TimeSpan.FromSeconds(2),
    };

    public static RunningSource Start(DnsOptions options, TimeProvider? time = null) => new(options, time ?? TimeProvider.System);

    public Observation.Seen Seen(string service) => Assert.IsType<Observation.Seen>(Feed.LastOf(service));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _task);
        _stop.Dispose();
    }
}
