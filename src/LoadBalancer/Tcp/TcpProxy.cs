using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Listeners;
using LoadBalancer.Tcp.Tls;

namespace LoadBalancer.Tcp;

/// <summary>Relays connections to the endpoints of their service, bytes as they come.</summary>
[SuppressMessage("Design", "CA1001", Justification = "the sweep ends with StopAsync, which every owner calls")]
internal sealed class TcpProxy : IConnectionHandler
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<Relay, Service> _relays = new();
    private readonly TcpRouter _router;
    private readonly ProxyHeaders _headers;
    private readonly ClientHellos _hellos;
    private readonly TimeProvider _time;
    private readonly TcpLog _log;
    private readonly ITimer _sweep;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // The connections, also those that are not relayed yet, and one for the proxy itself until it is stopped.
    private int _running = 1;
    private readonly CancellationTokenSource _aborting = new();

    /// <param name="router">Says where connections go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Its log.</param>
    public TcpProxy(TcpRouter router, TimeProvider time, TcpLog log)
    {
        _router = router;
        _headers = new ProxyHeaders(time);
        _hellos = new ClientHellos(time, log);
        _time = time;
        _log = log;
        _sweep = time.CreateTimer(static proxy => ((TcpProxy)proxy!).EndOverdue(), this, s_sweep, s_sweep);
    }

    public async Task HandleAsync(Socket connection, Listener listener)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await ServeAsync(connection, listener).ConfigureAwait(false);
        }
        finally
        {
            EndOne();
        }
    }

    /// <summary>Waits for the open connections to end; ends what is left when <paramref name="deadline"/> fires.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        EndOne();
        await using var abort = deadline.Register(() =>
        {
            _aborting.Cancel();
            foreach (var relay in _relays.Keys)
            {
                relay.Abort();
            }
        });
        await _ended.Task.ConfigureAwait(false);
        await _sweep.DisposeAsync().ConfigureAwait(false);
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ended.TrySetResult();
        }
    }

    private async Task ServeAsync(Socket connection, Listener listener)
    {
        using var client = connection;
        var settings = listener.Settings;
        if (await _headers.ReceiveAsync(client, listener, _aborting.Token).ConfigureAwait(false) is not { } origin
            || await FindAsync(client, settings, origin).ConfigureAwait(false) is not { } route)
        {
            return;
        }
        var service = route.Service;
        using var pass = service.Guard is { } guard ? new GuardPass(guard, _time) : null;
        if (pass is not null && await EnterAsync(pass, service.Guard?.RateLimit, origin).ConfigureAwait(false) is var answer and not GuardAnswer.Admitted)
        {
            _log.Refused(settings.Name, service, answer);
            return;
        }
        await ForwardAsync(client, listener, route, origin, pass).ConfigureAwait(false);
    }

    /// <summary>Where the connection goes; null when it is to be closed, which has been said where that is to be said.</summary>
    private async ValueTask<TcpRoute?> FindAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin)
    {
        var hello = ReceivedHello.None;
        if (_router.ReadsServerName)
        {
            if (await _hellos.ReceiveAsync(client, settings, origin, _aborting.Token).ConfigureAwait(false) is not { } received)
            {
                return null;
            }
            hello = received;
        }
        var began = _time.GetTimestamp();
        while (true)
        {
            if (_router.TryMatch(settings, hello.ServerName, origin.Address, began, out var match))
            {
                if (match.Service is { } service)
                {
                    match.FallbackOf?.CountRequest();
                    service.CountRequest();
                    return new TcpRoute(service, match.Tag.ToString(), hello.Received);
                }
                if (match.IsMatch)
                {
                    return null;
                }
                break;
            }
            if (_aborting.IsCancellationRequested)
            {
                return null;
            }
            await Task.Delay(s_look, _time).ConfigureAwait(false);
        }
        _log.NoRoute(settings.Name, origin.Source, hello.ServerName);
        if (_router.ReadsServerName)
        {
            await TlsAlerts.SendAsync(client, hello.ServerName, _time, _aborting.Token).ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>Relays to the endpoint whose turn it is, or to the next one while nothing answers.</summary>
    private async Task ForwardAsync(Socket client, Listener listener, TcpRoute route, ConnectionOrigin origin, GuardPass? pass)
    {
        var service = route.Service;
        var dispatch = new Dispatch();
        dispatch.Begin(service, route.Tag, _time.GetTimestamp());
        if (dispatch.HashOn is not null)
        {
            // A connection has no other key, whatever the service says.
            dispatch.Hash = KeyHash.Of(origin.Address);
        }
        try
        {
            while (true)
            {
                var endpoint = dispatch.Next();
                if (dispatch.IsFull)
                {
                    var wait = new PlaceWait();
                    var entry = new EndpointEntry(wait);
                    endpoint = dispatch.Wait(entry, _time.GetTimestamp()) != QueueAnswer.Waiting ? dispatch.Endpoint
                        : dispatch.Resume(entry, await wait.InAsync(service.EndpointQueue!, entry, _aborting.Token).ConfigureAwait(false), _time.GetTimestamp());
                }
                if (endpoint is null)
                {
                    break;
                }
                var (upstream, failure) = await ConnectAsync(endpoint, dispatch.Snapshot!.Policy.Timeouts.Connect).ConfigureAwait(false);
                if (upstream is not null)
                {
                    dispatch.Answered();
                    pass?.Answered(LeaseOutcome.Succeeded);
                    await RelayAsync(client, upstream, FirstOf(route, origin, dispatch.Snapshot.Policy.SendProxyProtocol), service).ConfigureAwait(false);
                    dispatch.End(LeaseOutcome.Succeeded);
                    return;
                }
                if (!dispatch.TryAgain(failure, isRepeatable: true, _time))
                {
                    break;
                }
            }
        }
        finally
        {
            // Only what an exception leaves behind.
            dispatch.End(LeaseOutcome.Canceled);
        }
        pass?.Answered(dispatch.Failure == AttemptFailure.None ? LeaseOutcome.Canceled : dispatch.Failure.Outcome());
        _log.NoEndpoint(listener.Settings.Name, service, dispatch.Refusal);
    }

    private async Task<(Socket? Upstream, AttemptFailure Failure)> ConnectAsync(Endpoint endpoint, TimeSpan timeout)
    {
        Socket? socket = null;
        try
        {
            socket = Sockets.For(endpoint.Remote);
            using var limit = new CancellationTokenSource(timeout, _time);
            await socket.ConnectAsync(endpoint.Remote, limit.Token).ConfigureAwait(false);
            return (socket, AttemptFailure.None);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket?.Dispose();
            _log.ConnectFailed(endpoint, e is SocketException ? e.Message : "timeout");
            return (null, Sockets.IsShortage(e) ? AttemptFailure.Shortage : AttemptFailure.Connect);
        }
    }

    /// <summary>What the endpoint gets first: the PROXY header if it expects one, and what has been read of the client.</summary>
    private static ReadOnlyMemory<byte> FirstOf(TcpRoute route, ConnectionOrigin origin, ProxyProtocolVersion version)
    {
        if (version == ProxyProtocolVersion.Off)
        {
            return route.Received;
        }
        var first = new byte[ProxyHeaderWriter.LongestHeader + route.Received.Length];
        var length = ProxyHeaderWriter.Write(first, version, origin.Header);
        route.Received.CopyTo(first.AsMemory(length));
        return first.AsMemory(0, length + route.Received.Length);
    }

    private async Task RelayAsync(Socket client, Socket upstream, ReadOnlyMemory<byte> first, Service service)
    {
        using (upstream)
        {
            var relay = new Relay(client, upstream, first, _time);
            _relays.TryAdd(relay, service);
            try
            {
                if (_aborting.IsCancellationRequested)
                {
                    relay.Abort();
                }
                await relay.RunAsync().ConfigureAwait(false);
            }
            finally
            {
                _relays.TryRemove(relay, out _);
            }
        }
    }

    /// <summary>A connection has no header fields: under a rate per header all count as one.</summary>
    private async ValueTask<GuardAnswer> EnterAsync(GuardPass pass, ServiceRateLimit? rate, ConnectionOrigin origin)
    {
        var now = _time.GetTimestamp();
        var isWithinRate = rate is null
            || (rate.Per.Key == RateLimitKey.Header ? rate.TryAcquire(ReadOnlySpan<byte>.Empty, now, out _) : rate.TryAcquire(origin.Address, now, out _));
        return isWithinRate ? await pass.EnterAsync(_aborting.Token).ConfigureAwait(false) ?? GuardAnswer.QueueTimeout : GuardAnswer.RateLimited;
    }

    private void EndOverdue()
    {
        foreach (var (relay, service) in _relays)
        {
            var timeouts = service.Snapshot.Policy.Timeouts;
            if (relay.IdleFor > timeouts.Tunnel || relay.Age > timeouts.Lifetime)
            {
                relay.Abort();
            }
        }
    }
}
