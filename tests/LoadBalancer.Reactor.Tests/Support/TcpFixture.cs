using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>The reactor as a relay to the test itself, over real sockets.</summary>
internal sealed class TcpFixture : IAsyncDisposable
{
    private readonly Catalog _catalog;
    private readonly ReactorLoops _loops;
    private readonly Socket _listener = Listen();
    private readonly Socket _backend = Listen();
    private readonly SemaphoreSlim _pairing = new(1);
    private readonly ReactorListener _accepting;
    private int _open;

    /// <summary>What every loop watches beside connections: the listening socket.</summary>
    private int _watched = 1;

    /// <param name="policy">Of the service.</param>
    /// <param name="hosts">Its endpoints' hosts, all at the port of the test's backend; each is its endpoint's tag, too.</param>
    public TcpFixture(ServicePolicy? policy = null, params string[] hosts)
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        _catalog = new Catalog(
            new CatalogOptions { PolicyFor = _ => policy ?? ServicePolicy.Default },
            new SilentObserver(),
            new ConnectProbe(TimeSpan.FromSeconds(1), TimeProvider.System),
            TimeProvider.System,
            seed: 1);
        var port = ((IPEndPoint)_backend.LocalEndPoint!).Port;
        var feed = _catalog.Open("static", []);
        feed.Observe("tcp", new Observation.Seen([.. (hosts is [] ? ["127.0.0.1"] : hosts).Select(host => new ObservedEndpoint { Id = new EndpointId("", host), Host = host, Port = port, Tags = [host] })]));
        feed.Complete();
        _loops = new ReactorLoops(2, batchesSends: true, TimeProvider.System, Faults.Add);
        _accepting = _loops.Listen(_listener, new Host(this));
    }

    /// <summary>What went wrong inside.</summary>
    public ConcurrentBag<Exception> Faults { get; } = [];

    /// <summary>What was said of connections.</summary>
    public ConcurrentQueue<string> Said { get; } = [];

    /// <summary>So many more looks for the service find that it is not known yet.</summary>
    public int Unnamed { get; set; }

    /// <summary>Whether connections must begin with a PROXY header.</summary>
    public bool RequiresProxyHeader { get; init; }

    /// <summary>Whether their PROXY headers are believed.</summary>
    public bool TrustsProxies { get; init; } = true;

    /// <summary>Whether connections must begin with a ClientHello.</summary>
    public bool ReadsServerName { get; init; }

    /// <summary>The server name that leads nowhere.</summary>
    public string Nowhere { get; init; } = "nowhere.example.com";

    /// <summary>How long a preface may take.</summary>
    public TimeSpan PrefaceTimeout { get; init; } = PrefaceLimit.Default;

    /// <summary>Only endpoints with this tag; empty for all.</summary>
    public string Tag { get; init; } = "";

    /// <summary>The clients and server names for which a service was looked for.</summary>
    public ConcurrentQueue<(IPAddress? Client, string ServerName)> Asked { get; } = [];

    /// <summary>Where clients connect to.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public Service Service => _catalog.Find("tcp")!;

    /// <summary>Pipes that have been opened and are kept.</summary>
    public async Task<int> PipesAsync() => (await AskAsync(static loop => loop.Tcp.Pipes.Kept)).Sum();

    /// <summary>Buffers that are rented.</summary>
    public async Task<int> BuffersAsync() => (await AskAsync(static loop => loop.Buffers.Rented)).Sum();

    public async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(_listener.LocalEndPoint!);
        return client;
    }

    /// <summary>The endpoint's end of the next connection that is made.</summary>
    public async Task<Socket> AcceptAtEndpointAsync()
    {
        var endpoint = await _backend.AcceptAsync();
        endpoint.NoDelay = true;
        return endpoint;
    }

    /// <summary>True when a connection has come to the endpoint and was not accepted.</summary>
    public bool HasAtEndpoint => _backend.Poll(0, SelectMode.SelectRead);

    /// <summary>Both ends of one relayed connection.</summary>
    public async Task<(Socket Client, Socket Endpoint)> ConnectBothAsync()
    {
        await _pairing.WaitAsync();
        try
        {
            var client = await ConnectAsync();
            return (client, await AcceptAtEndpointAsync());
        }
        finally
        {
            _pairing.Release();
        }
    }

    /// <summary>Fails unless everything has been given back once all clients have left.</summary>
    public async Task AssertNothingLeftAsync()
    {
        Assert.Empty(Faults);
        await Eventually.True(() => _loops.Loops.Sum(static loop => loop.Clients) == 0, "no connection is counted");
        Assert.All(Service.Snapshot.Endpoints, static state => Assert.Equal(0, state.Endpoint.InFlight));
        Assert.Equal(0, Volatile.Read(ref _open));
        foreach (var left in await AskAsync(static loop => (loop.Tcp.Connections.Count, loop.Buffers.Rented, loop.Tcp.Pipes.Rented, loop.Watched)))
        {
            Assert.Equal((0, 0, 0, _watched), left);
        }
        Assert.Empty(Faults);
    }

    public async ValueTask DisposeAsync()
    {
        await _accepting.StopAsync(takeWaiting: false);
        _watched = 0;
        _listener.Dispose();
        await _loops.StopAsync(new CancellationToken(canceled: true));
        await AssertNothingLeftAsync();
        _loops.Dispose();
        _backend.Dispose();
        _catalog.Dispose();
        _pairing.Dispose();
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1024);
        return socket;
    }

    private async Task<T[]> AskAsync<T>(Func<EventLoop, T> ask) => await Task.WhenAll(_loops.Loops.Select(loop =>
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new LoopAction(() => answer.SetResult(ask(loop))));
        return answer.Task;
    }));

    /// <summary>Does something while no loop looks.</summary>
    public async Task WhileHeldAsync(Action action)
    {
        using var go = new ManualResetEventSlim();
        using var held = new CountdownEvent(_loops.Loops.Count);
        var asked = AskAsync(_ =>
        {
            held.Signal();
            return go.Wait(TimeSpan.FromSeconds(20));
        });
        await Task.Run(() => held.Wait());
        action();
        go.Set();
        await asked;
    }

    private sealed class Host(TcpFixture fixture) : TcpConnectionHost
    {
        protected internal override bool ReadsServerName => fixture.ReadsServerName;

        protected internal override TimeSpan PrefaceTimeout => fixture.PrefaceTimeout;

        protected internal override bool RequiresProxyHeader => fixture.RequiresProxyHeader;

        protected internal override bool MaySendProxyHeader(IPAddress? peer) => fixture.TrustsProxies;

        protected internal override void ProxyHeaderRefused(IPAddress? peer, string problem) => fixture.Said.Enqueue($"header of {peer}: {problem}");

        protected internal override void HelloRefused(IPEndPoint? client, string? problem) => fixture.Said.Enqueue($"hello of {client?.Address}: {problem}");

        protected internal override void NoRoute(IPEndPoint? client, string serverName) => fixture.Said.Enqueue($"no route of {client?.Address} for {serverName}");

        protected internal override bool TryMatch(string serverName, IPAddress? client, long since, out RouteMatch match)
        {
            fixture.Asked.Enqueue((client, serverName));
            match = fixture.ReadsServerName && serverName == fixture.Nowhere ? default : new RouteMatch(fixture.Service, fixture.Service.Name, fixture.Tag);
            return fixture.Unnamed == 0 || --fixture.Unnamed == 0;
        }

        protected internal override void Refused(Service service, GuardAnswer answer) => fixture.Said.Enqueue($"refused: {answer}");

        protected internal override void ConnectFailed(Endpoint endpoint, string error) => fixture.Said.Enqueue($"{endpoint.Host}: {error}");

        protected internal override void NoEndpoint(Service service, Refusal refusal) => fixture.Said.Enqueue($"no endpoint: {refusal.Reason}");

        protected internal override bool TryEnter()
        {
            Enter();
            return true;
        }

        protected internal override void Enter() => Interlocked.Increment(ref fixture._open);

        protected internal override void Leave() => Interlocked.Decrement(ref fixture._open);

        protected internal override void AcceptFailed(string error) => fixture.Said.Enqueue(error);
    }
}
