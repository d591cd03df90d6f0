using System.Net;
using System.Net.Sockets;
using System.Text;
using BenchmarkDotNet.Attributes;
using LoadBalancer.Core.Model;
using LoadBalancer.Reactor;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Benchmarks;

/// <summary>
/// A request through the reactor to a backend and back, one after the other, over loopback. The time is mostly that of
/// waking three threads; what counts is the allocation, of all threads.
/// </summary>
[MemoryDiagnoser]
public class ReactorBenchmarks : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Catalog _catalog = null!;
    private SteadyBackend _backend = null!;
    private ReactorLoops _loops = null!;
    private ReactorListener _listener = null!;
    private Socket _listening = null!;
    private Socket _client = null!;
    private byte[] _request = null!;
    private byte[] _end = null!;

    /// <summary>What is asked and answered.</summary>
    public enum Work
    {
        /// <summary>A GET with an answer of 100 bytes.</summary>
        Get,

        /// <summary>A GET with an answer of 4 KB in chunks.</summary>
        GetChunked,

        /// <summary>A POST of 10 KB.</summary>
        Post,
    }

    [Params(Work.Get, Work.GetChunked, Work.Post)]
    public Work Exchange { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var body = new string('x', 4096);
        var (request, answer) = Exchange switch
        {
            Work.Get => ("GET / HTTP/1.1\r\nHost: api\r\n\r\n", $"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{body[..99]}!"),
            Work.GetChunked => ("GET / HTTP/1.1\r\nHost: api\r\n\r\n", $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n{body}\r\n0\r\n\r\n"),
            _ => ($"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 10240\r\n\r\n{body}{body}{body[..2044]}\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok!"),
        };
        _request = Encoding.ASCII.GetBytes(request);
        _end = Encoding.ASCII.GetBytes(answer[^3..]);
        _backend = new SteadyBackend("\r\n\r\n"u8.ToArray(), Encoding.ASCII.GetBytes(answer));
        _catalog = BenchmarkCatalog.Create();
        _catalog.Open("static", []).Observe("api", new Observation.Seen([new ObservedEndpoint { Id = new EndpointId("", "0"), Host = "127.0.0.1", Port = _backend.Port }]));
        _loops = new ReactorLoops(1, batchesSends: true, TimeProvider.System, static e => throw e);
        _listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
        _listener = _loops.Listen(_listening, new BenchmarkHost(_catalog.Find("api")!));
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _client.Connect(_listening.LocalEndPoint!);
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _listener.StopAsync(takeWaiting: false);
        await _loops.StopAsync(CancellationToken.None);
        _loops.Dispose();
        _listening.Dispose();
        _backend.Dispose();
        _catalog.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public bool Request()
    {
        _client.Send(_request);
        return SteadyBackend.ReadUntil(_client, _buffer, _end) ? true : throw new IOException("no answer");
    }
}
