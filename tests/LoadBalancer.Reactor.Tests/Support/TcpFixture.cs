using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
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
    /// <param name="hosts">Its endpoints' hosts, all at the port of the test's backend.</param>
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
        feed.Observe("tcp", new Observation.Seen([.. (hosts is [] ? ["127.0.0.1"] : hosts).Select(host => new ObservedEndpoint { Id = new EndpointId("", host), Host = host, Port = port })]));
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

    public Service Service => _catalog.Find("tcp")!;

    /// <summary>Pipes that have been opened and are kept.</summary>
    public async Task<int> PipesAsync() => (await AskAsync(static loop => loop.Tcp.Pipes.Kept)).Sum();

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

    private sealed class Host(TcpFixture fixture) : TcpConnectionHost
    {
        protected internal override bool TryFind(long since, out Service? service)
        {
            service = fixture.Service;
            return fixture.Unnamed == 0 || --fixture.Unnamed == 0;
        }

        protected internal override void Refused(Service service, GuardAnswer answer) => fixture.Said.Enqueue($"refused: {answer}");

        protected internal override void ConnectFailed(Endpoint endpoint, string error) => fixture.Said.Enqueue($"{endpoint.Host}: {error}");

        protected internal override void NoEndpoint(Service service, Refusal refusal) => fixture.Said.Enqueue($"no endpoint: {refusal.Reason}");

        protected internal override void HandOver(SafeSocketHandle connection)
        {
            connection.Dispose();
            fixture.Said.Enqueue("handed over");
            Leave();
        }

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
