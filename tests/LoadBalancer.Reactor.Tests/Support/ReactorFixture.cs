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

/// <summary>The reactor with one service of one endpoint behind it, over real sockets.</summary>
internal sealed class ReactorFixture : IAsyncDisposable
{
    private readonly Catalog _catalog;
    private readonly ReactorLoops _loops;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;
    private int _ended;
    private int _served;

    public ReactorFixture(int port)
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        // One attempt, and no verdict about the endpoint: every request that is routed is asked at most once.
        var policy = new ServicePolicy { Retry = new RetryPolicy { Attempts = 0 }, Outliers = new OutlierOptions { ConsecutiveErrors = 0 } };
        _catalog = new Catalog(
            new CatalogOptions { PolicyFor = _ => policy },
            new SilentObserver(),
            new ConnectProbe(TimeSpan.FromSeconds(1), TimeProvider.System),
            TimeProvider.System,
            seed: 1);
        var feed = _catalog.Open("static", []);
        feed.Observe("api", new Observation.Seen([new ObservedEndpoint { Id = new EndpointId("", "a"), Host = "127.0.0.1", Port = port }]));
        feed.Complete();
        _loops = new ReactorLoops(2, TimeProvider.System, Faults.Add);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _accepting = AcceptAsync();
    }

    /// <summary>What went wrong inside.</summary>
    public ConcurrentBag<Exception> Faults { get; } = [];

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

    public Endpoint Endpoint => _catalog.Find("api")!.Snapshot.Endpoints[0].Endpoint;

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address);
        return socket;
    }

    /// <summary>Fails unless everything has been given back once all clients have left.</summary>
    public async Task AssertNothingLeftAsync()
    {
        Assert.Empty(Faults);
        await Eventually.True(() => _loops.Loops.Sum(static loop => loop.Http.Count) == 0, "no connection is counted");
        await Eventually.True(() => Endpoint.InFlight == 0, "nothing is in flight");
        foreach (var loop in _loops.Loops)
        {
            var (open, rented) = await OnLoopAsync(loop, loop => (loop.Http.Connections.Count, loop.Buffers.Rented));
            Assert.Equal((0, 0), (open, rented));
        }
        Assert.Equal(_served, _ended + HandedOver.Count);
        Assert.Empty(Faults);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
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

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _served++;
                _loops.Serve(socket, new Host(this));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private sealed class Host(ReactorFixture fixture) : HttpConnectionHost
    {
        protected internal override bool IsClosing => false;

        protected internal override bool AllSourcesSpoke => true;

        protected internal override RouteMatch Match(in RouteRequest request)
        {
            fixture.Routed.Enqueue($"{request.Method} {request.Host} {request.Path}");
            return request.Path.StartsWith("/nobody") ? default : new RouteMatch(fixture._catalog.Find("api"), "api", default);
        }

        protected internal override bool IsTrusted(IPAddress? peer) => false;

        protected internal override bool RequiresProxyHeader => fixture.RequiresProxyHeader;

        protected internal override bool MaySendProxyHeader(IPAddress? peer) => fixture.TrustsProxies;

        protected internal override void ProxyHeaderRefused(IPAddress? peer, string problem) => fixture.RefusedHeaders.Enqueue(problem);

        protected internal override void HandOver(Socket connection, IPEndPoint? source, IPEndPoint? destination, byte[] received)
        {
            fixture.HandedOver.Enqueue(System.Text.Encoding.Latin1.GetString(received));
            connection.Dispose();
        }

        protected internal override void Ended() => Interlocked.Increment(ref fixture._ended);
    }
}
