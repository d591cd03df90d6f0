using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Listeners;
using LoadBalancer.Tests.Support;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Listeners;

public sealed class ProxyHeadersTests : IAsyncDisposable
{
    private const string Header = "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n";

    private readonly FakeTimeProvider _time = new();
    private readonly ProxyHeaders _headers;
    private readonly HandlerLog _handler = new();
    private readonly Listener _listener;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ProxyHeadersTests()
    {
        _headers = new ProxyHeaders(_time);
        _listener = Listen($"127.0.0.1:{Ports.Free()}");
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _handler.Dispose();
    }

    [Fact]
    public async Task WhatFollowsTheHeaderStaysInTheConnection()
    {
        for (var cut = 1; cut <= Header.Length + 3; cut++)
        {
            using var pair = await ConnectedPair.OpenAsync();
            var bytes = Encoding.Latin1.GetBytes(Header + "rest");
            await pair.SendAsync(bytes.AsMemory(0, cut));
            var reading = _headers.ReceiveAsync(pair.Server, _listener, Ct);
            if (cut < Header.Length)
            {
                // Taken, but not enough.
                await Eventually.True(() => pair.Server.Available == 0, "it has been read");
                Assert.False(reading.IsCompleted);
            }
            await pair.SendAsync(bytes.AsMemory(cut));
            pair.Client.Shutdown(SocketShutdown.Send);

            var origin = await reading;

            Assert.Equal(("192.0.2.7:1", "192.0.2.8:2"), (origin?.Source?.ToString(), origin?.Destination?.ToString()));
            using var rest = new StreamReader(new NetworkStream(pair.Server));
            Assert.Equal("rest", await rest.ReadToEndAsync(Ct));
        }
    }

    [Fact]
    public async Task AHeaderThatDoesNotComeIsNotWaitedForLongerThanTheLimit()
    {
        using var pair = await ConnectedPair.OpenAsync();
        await pair.SendAsync("PROXY "u8.ToArray());
        var reading = _headers.ReceiveAsync(pair.Server, _listener, Ct);
        await Eventually.True(() => pair.Server.Available == 0, "it has been read");
        _time.Advance(PrefaceLimit.Default - TimeSpan.FromMilliseconds(1));
        Assert.False(reading.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await reading);
    }

    [Fact]
    public async Task StoppingEndsTheWait()
    {
        using var pair = await ConnectedPair.OpenAsync();
        using var stop = new CancellationTokenSource();
        var reading = _headers.ReceiveAsync(pair.Server, _listener, stop.Token);

        await stop.CancelAsync();

        Assert.Null(await reading);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 192.0.2.7")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public async Task WithoutAHeaderThereIsNoOrigin(string bytes)
    {
        using var pair = await ConnectedPair.OpenAsync();
        await pair.SendAsync(Encoding.Latin1.GetBytes(bytes));
        pair.Client.Shutdown(SocketShutdown.Send);

        Assert.Null(await _headers.ReceiveAsync(pair.Server, _listener, Ct));
    }

    [Fact]
    public async Task WhoMayOpenAUnixSocketMaySendAHeaderThere()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix sockets");
        var path = Path.Combine(Directory.CreateTempSubdirectory("lb-").FullName, "lb.sock");
        await using var listener = Listen("unix:" + path);
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path + "2"));
        server.Listen();
        await client.ConnectAsync(server.LocalEndPoint!, Ct);
        using var connection = await server.AcceptAsync(Ct);
        await client.SendAsync(Encoding.Latin1.GetBytes(Header), Ct);

        Assert.Equal(IPAddress.Parse("192.0.2.7"), (await _headers.ReceiveAsync(connection, listener, Ct))?.Address);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private Listener Listen(string bind) => Listener.Bind(
        new ListenerSettings("test", "listeners.test.bind", BindAddress.Parse(bind), "test", _handler)
        {
            RequiresProxyHeader = true,
            Trusted = new TrustedNetworks([AddressRange.Parse("127.0.0.1")]),
        },
        _time, NullLogger.Instance);
}
