using System.Collections.Concurrent;
using System.Diagnostics;

namespace LoadBalancer.TestSupport;

/// <summary>
/// GETs at a constant rate over kept connections, open loop: what is slow does not slow the load down. Every answer is
/// checked: status 200, from an instance of the service asked for, to the very request.
/// </summary>
public sealed class ConstantLoad
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly int _port;
    private readonly string _host;
    private readonly string _service;
    private readonly ConcurrentBag<KeepAliveConnection> _idle = [];
    private readonly ConcurrentQueue<LoadAnswer> _answers = [];
    private readonly Task _running;
    private volatile bool _isStopping;

    private ConstantLoad(int port, string service, string host, int perSecond)
    {
        _port = port;
        _service = service;
        _host = host;
        _running = Task.Run(() => RunAsync(perSecond));
    }

    /// <summary>The answers so far, in the order in which they came.</summary>
    public IReadOnlyCollection<LoadAnswer> Answers => _answers;

    /// <param name="port">The balancer's.</param>
    /// <param name="service">Whose instances have to answer.</param>
    /// <param name="host">Who is asked for; by default the service below haproxy.service.consul.</param>
    /// <param name="perSecond">The rate.</param>
    public static ConstantLoad Start(int port, string service = "api", string? host = null, int perSecond = 200) =>
        new(port, service, host ?? service + ".haproxy.service.consul", perSecond);

    /// <summary>Stops, and waits for the answers that are still to come.</summary>
    public async Task<IReadOnlyCollection<LoadAnswer>> StopAsync()
    {
        _isStopping = true;
        await _running;
        foreach (var connection in _idle)
        {
            connection.Dispose();
        }
        return Answers;
    }

    private async Task RunAsync(int perSecond)
    {
        var started = Stopwatch.GetTimestamp();
        var running = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (var sent = 0; !_isStopping; running.RemoveAll(static one => one.IsCompleted))
        {
            for (var due = Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond; sent < due; sent++)
            {
                running.Add(AskAsync($"/{sent}"));
            }
            await timer.WaitForNextTickAsync();
        }
        await Task.WhenAll(running);
    }

    private async Task AskAsync(string path)
    {
        var sent = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(s_limit);
        if (!_idle.TryTake(out var connection))
        {
            connection = null;
        }
        try
        {
            connection ??= await KeepAliveConnection.ConnectAsync(_port, limit.Token);
            var (status, body) = await connection.GetAsync(_host, path, limit.Token);
            var id = body.Split(' ')[0];
            var isRight = status == 200 && body == $"{id} {_host} {path}\n" && id.StartsWith(_service + "-", StringComparison.Ordinal);
            _answers.Enqueue(new LoadAnswer(sent, Stopwatch.GetTimestamp(), status, id, isRight ? null : $"{status} {body.Trim()}"));
            if (connection.IsReusable)
            {
                _idle.Add(connection);
                connection = null;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            _answers.Enqueue(new LoadAnswer(sent, Stopwatch.GetTimestamp(), 0, "", e.Message));
        }
        finally
        {
            connection?.Dispose();
        }
    }
}
