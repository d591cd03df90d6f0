using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>The reactor with one service behind it, over real sockets.</summary>
internal sealed class ReactorFixture : IAsyncDisposable
{
    private readonly Catalog _catalog;
    private readonly ReactorLoops _loops;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private volatile ReactorListener _accepting = null!;
    private int _open;
    private int _most;
    private int _asked;

    /// <summary>What every loop watches beside connections: the listening socket.</summary>
    private int _watched = 1;

    /// <summary>One attempt, and no verdict about the endpoint: every request that is routed is asked at most once.</summary>
    public ReactorFixture(int port)
        : this(new ServicePolicy { Retry = new RetryPolicy { Attempts = 0 }, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } }, port)
    {
    }

    /// <param name="policy">The service's.</param>
    /// <param name="ports">Its endpoints; one is asked only when those before it cannot be.</param>
    public ReactorFixture(ServicePolicy policy, params int[] ports) : this(policy, [.. ports.Select(static port => ("127.0.0.1", port))])
    {
    }

    /// <inheritdoc cref="ReactorFixture(ServicePolicy, int[])"/>
    public ReactorFixture(ServicePolicy policy, params (string Host, int Port)[] endpoints)
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        _catalog = new Catalog(
            new CatalogOptions { PolicyFor = _ => policy },
            new SilentObserver(),
            new ConnectProbe(TimeSpan.FromSeconds(1), TimeProvider.System),
            TimeProvider.System,
            seed: 1);
        var feed = _catalog.Open("static", []);
        feed.Observe("api", new Observation.Seen([.. endpoints.Select(static (one, i) => new ObservedEndpoint { Id = new EndpointId("", $"{i}"), Host = one.Host, Port = one.Port, Priority = i })]));
        feed.Complete();
        _loops = new ReactorLoops(2, batchesSends: true, TimeProvider.System, Faults.Add);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _accepting = _loops.Listen(_listener, new Host(this));
    }

    /// <summary>What went wrong inside.</summary>
    public ConcurrentBag<Exception> Faults { get; } = [];

    /// <summary>Connections that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many connections may be open.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>How often it was asked whether another connection may be taken.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>The most that were open at once.</summary>
    public int Most => Volatile.Read(ref _most);

    public IReadOnlyList<int> ClientsOfLoops => [.. _loops.Loops.Select(static loop => loop.Clients)];

    /// <summary>Takes what is handed over; null closes it.</summary>
    public Action<Socket>? OnHandOver { get; set; }

    /// <summary>Whether <see cref="Routed"/> is kept.</summary>
    public bool KeepsRouted { get; init; } = true;

    /// <summary>What was routed: method, host and path.</summary>
    public ConcurrentQueue<string> Routed { get; } = [];

    /// <summary>What was handed over, as text.</summary>
    public ConcurrentQueue<string> HandedOver { get; } = [];

    /// <summary>Whether connections must begin with a PROXY header.</summary>
    public bool RequiresProxyHeader { get; init; }

    /// <summary>Whether their PROXY headers are believed.</summary>
    public bool TrustsProxies { get; init; } = true;

    /// <summary>Why connections were closed for their PROXY header.</summary>
    public ConcurrentQueue<string> RefusedHeaders { get; } = [];

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public Service Service => _catalog.Find("api")!;

    /// <summary>The first one.</summary>
    public Endpoint Endpoint => Service.Snapshot.Endpoints.Single(static state => state.Endpoint.Id.ServiceId == "0").Endpoint;

    /// <summary>Requests that wait for an endpoint with room.</summary>
    public int Waiting => Service.EndpointQueue?.Waiting ?? 0;

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address);
        return socket;
    }

    public async Task<Peer> PeerAsync() => new(await ConnectAsync());

    /// <summary>There may be room again.</summary>
    public void Resume() => _accepting.Resume();

    /// <summary>Stops accepting.</summary>
    public async Task StopAsync(bool takeWaiting)
    {
        await _accepting.StopAsync(takeWaiting);
        _watched = 0;
    }

    /// <summary>Accepts again, after <see cref="StopAsync"/>.</summary>
    public void ListenAgain()
    {
        _accepting = _loops.Listen(_listener, new Host(this));
        _watched = 1;
    }

    /// <summary>Does something while no loop looks: to them it happens at once.</summary>
    public async Task WhileHeldAsync(Func<Task> action)
    {
        using var go = new ManualResetEventSlim();
        using var held = new CountdownEvent(_loops.Loops.Count);
        var resumed = Task.WhenAll(_loops.Loops.Select(loop => loop.RunAsync(() =>
        {
            held.Signal();
            go.Wait();
        })));
        await Task.Run(held.Wait);
        try
        {
            await action();
        }
        finally
        {
            go.Set();
        }
        await resumed;
    }

    /// <summary>Completes when each loop has had so many rounds.</summary>
    public async Task RoundsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.WhenAll(_loops.Loops.Select(static loop => loop.RunAsync(static () => { })));
        }
    }

    /// <summary>What the loops' threads have allocated since they began, in bytes.</summary>
    public async Task<long> AllocatedAsync() => (await Task.WhenAll(_loops.Loops.Select(static loop => OnLoopAsync(loop, static _ => GC.GetAllocatedBytesForCurrentThread())))).Sum();

    /// <summary>Buffers that are rented now.</summary>
    public async Task<int> RentedAsync() => (await Task.WhenAll(_loops.Loops.Select(static loop => OnLoopAsync(loop, static loop => loop.Buffers.Rented)))).Sum();

    /// <summary>Fails unless everything has been given back once all clients have left.</summary>
    public async Task AssertNothingLeftAsync()
    {
        Assert.Empty(Faults);
        await Eventually.True(() => Open == 0, "every connection has left");
        Assert.All(_loops.Loops, static loop => Assert.Equal(0, loop.Clients));
        await Eventually.True(() => Service.Snapshot.Endpoints.All(static state => state.Endpoint.InFlight == 0), "nothing is in flight");
        Assert.Equal((0, 0, 0), (Waiting, Service.Guard?.Queue?.Waiting ?? 0, Service.Guard?.Queue?.InUse ?? 0));
        foreach (var loop in _loops.Loops)
        {
            var (open, rented, watched) = await OnLoopAsync(loop, static loop =>
            {
                loop.Http.Upstreams.CloseAll();
                return (loop.Http.Connections.Count, loop.Buffers.Rented + loop.Tcp.Pipes.Rented, loop.Watched);
            });
            Assert.Equal((0, 0, _watched), (open, rented, watched));
        }
        Assert.Empty(Faults);
    }

    /// <summary>Lets what runs finish, until the deadline fires; nothing may be accepted any more.</summary>
    public Task DrainAsync(CancellationToken deadline) => _loops.StopAsync(deadline);

    public async ValueTask DisposeAsync()
    {
        await _accepting.StopAsync(takeWaiting: false);
        _listener.Dispose();
        await _loops.StopAsync(new CancellationToken(canceled: true));
        _loops.Dispose();
        _catalog.Dispose();
    }

    private static Task<T> OnLoopAsync<T>(EventLoop loop, Func<EventLoop, T> ask)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new LoopAction(() => answer.SetResult(ask(loop))));
        return answer.Task;
    }

    private sealed class Host(ReactorFixture fixture) : HttpConnectionHost
    {
        protected internal override bool TryEnter()
        {
            Interlocked.Increment(ref fixture._asked);
            lock (fixture.Faults)
            {
                if (fixture._open >= fixture.Limit)
                {
                    return false;
                }
                Enter();
                return true;
            }
        }

        protected internal override void Enter()
        {
            lock (fixture.Faults)
            {
                fixture._most = Math.Max(fixture._most, ++fixture._open);
            }
        }

        protected internal override void Leave()
        {
            lock (fixture.Faults)
            {
                fixture._open--;
            }
            fixture._accepting?.Resume();
        }

        protected internal override void AcceptFailed(string error) => fixture.Faults.Add(new IOException(error));

        protected internal override bool IsClosing => false;

        protected internal override bool AllSourcesSpoke => true;

        protected internal override RouteMatch Match(in RouteRequest request)
        {
            if (fixture.KeepsRouted)
            {
                fixture.Routed.Enqueue($"{request.Method} {request.Host} {request.Path}");
            }
            return request.Path.StartsWith("/nobody") ? default : new RouteMatch(fixture._catalog.Find("api"), "api", default);
        }

        protected internal override bool IsTrusted(IPAddress? peer) => false;

        protected internal override bool RequiresProxyHeader => fixture.RequiresProxyHeader;

        protected internal override bool MaySendProxyHeader(IPAddress? peer) => fixture.TrustsProxies;

        protected internal override void ProxyHeaderRefused(IPAddress? peer, string problem) => fixture.RefusedHeaders.Enqueue(problem);

        protected internal override void HandOver(SafeSocketHandle connection, IPEndPoint? source, IPEndPoint? destination, byte[] received)
        {
            fixture.HandedOver.Enqueue(System.Text.Encoding.Latin1.GetString(received));
            using (var socket = new Socket(connection))
            {
                fixture.OnHandOver?.Invoke(socket);
            }
            Leave();
        }
    }
}
