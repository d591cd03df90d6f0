using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Endpoints whose connections begin with a PROXY header that names the client, over real sockets.</summary>
public sealed class OwnUpstreamTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";

    public static TheoryData<ProxyProtocolVersion> Versions => [ProxyProtocolVersion.V1, ProxyProtocolVersion.V2];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_connection_serves_the_client_that_it_names_and_ends_with_it(ProxyProtocolVersion version)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { SendProxyProtocol = version }, backend.Port);
        using var one = await reactor.ConnectAsync();
        using var other = await reactor.ConnectAsync();
        await one.SendTextAsync(Request);
        using var first = await backend.AcceptSocketAsync();
        await AssertHeaderAsync(first, version, one.LocalEndPoint, one.RemoteEndPoint);
        await AnswerAsync(first, one);

        // The next request of the same client: no other connection, no other header.
        await one.SendTextAsync(Request);
        await AnswerAsync(first, one);
        Assert.False(backend.HasWaiting);
        await other.SendTextAsync(Request);
        using var second = await backend.AcceptSocketAsync();
        await AssertHeaderAsync(second, version, other.LocalEndPoint, other.RemoteEndPoint);
        await AnswerAsync(second, other);
        one.Dispose();

        Assert.Equal(SocketError.Success, await first.ReadEndAsync());
        await other.SendTextAsync(Request);
        await AnswerAsync(second, other);
        other.Dispose();
        Assert.Equal(SocketError.Success, await second.ReadEndAsync());
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task After_a_PROXY_header_it_names_whom_that_names(ProxyProtocolVersion version)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { SendProxyProtocol = version }, backend.Port) { RequiresProxyHeader = true };
        using var client = await reactor.ConnectAsync();
        using var unknown = await reactor.ConnectAsync();
        await client.SendTextAsync("PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n" + Request);
        using var first = await backend.AcceptSocketAsync();
        await AssertHeaderAsync(first, version, IPEndPoint.Parse("[2001:db8::1]:1234"), IPEndPoint.Parse("[2001:db8::2]:443"));
        await unknown.SendTextAsync("PROXY UNKNOWN\r\n" + Request);
        using var second = await backend.AcceptSocketAsync();
        await AssertHeaderAsync(second, version, unknown.LocalEndPoint, unknown.RemoteEndPoint);

        client.Dispose();
        unknown.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task Another_connection_begins_with_the_header_again()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { SendProxyProtocol = ProxyProtocolVersion.V1 }, Ports.Free(), backend.Port);
        using var client = await reactor.ConnectAsync();
        for (var round = 0; round < 3; round++)
        {
            await client.SendTextAsync(Request);
            using var endpoint = await backend.AcceptSocketAsync();
            await AssertHeaderAsync(endpoint, ProxyProtocolVersion.V1, client.LocalEndPoint, client.RemoteEndPoint);
            await AnswerAsync(endpoint, client);
            if (round == 1)
            {
                // In the middle of the next request, which is repeated then.
                await client.SendTextAsync(Request);
                await endpoint.ReadHeadAsync();
                endpoint.Dispose();
                using var again = await backend.AcceptSocketAsync();
                await AssertHeaderAsync(again, ProxyProtocolVersion.V1, client.LocalEndPoint, client.RemoteEndPoint);
                await AnswerAsync(again, client);
            }
        }
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    [Fact]
    public async Task A_tunnel_begins_with_it_too()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { SendProxyProtocol = ProxyProtocolVersion.V1 }, backend.Port);
        using var client = await reactor.ConnectAsync();
        await client.SendTextAsync(Tunnels.Request);
        using var endpoint = await backend.AcceptSocketAsync();
        await AssertHeaderAsync(endpoint, ProxyProtocolVersion.V1, client.LocalEndPoint, client.RemoteEndPoint);
        Assert.StartsWith("GET /chat ", await endpoint.ReadHeadAsync(), StringComparison.Ordinal);
        await endpoint.SendTextAsync(Tunnels.Switch + "x");
        await client.ReadHeadAsync();
        Assert.Equal("x", await client.ReadTextAsync(1));

        client.Dispose();
        endpoint.Dispose();
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);
    }

    /// <summary>Many clients on the same endpoint at once, some of which leave in the middle: each connection is of one client alone.</summary>
    [Fact]
    public async Task Connections_of_many_clients_are_never_mixed_up()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { SendProxyProtocol = ProxyProtocolVersion.V1 }, backend.Port);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var serving = Task.Run(async () =>
        {
            var open = new List<Task>();
            while (await Task.WhenAny(backend.AcceptSocketAsync(), Task.Delay(Timeout.Infinite, stop.Token)) is Task<Socket> accepted)
            {
                open.Add(ServeAsync(await accepted));
            }
            return open;
        }, TestContext.Current.CancellationToken);
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var client = await reactor.ConnectAsync();
            var port = ((IPEndPoint)client.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
            for (var round = 0; round < 5; round++)
            {
                await client.SendTextAsync(Request);
                if (i % 4 == round)
                {
                    client.Reset();
                    return;
                }
                await client.ReadHeadAsync();
                Assert.Equal(port, await client.ReadTextAsync(port.Length));
            }
        });
        await reactor.AssertNothingLeftAsync();
        await stop.CancelAsync();
        await Task.WhenAll(await serving);
        Assert.Empty(reactor.HandedOver);

        static async Task ServeAsync(Socket endpoint)
        {
            using var stream = new BufferedStream(new NetworkStream(endpoint, ownsSocket: true));
            using var reader = new StreamReader(stream, Encoding.Latin1);
            try
            {
                if (await reader.ReadLineAsync() is not { } header)
                {
                    return;
                }
                var port = header.Split(' ')[4];
                while (await reader.ReadLineAsync() is { } line)
                {
                    if (line.Length == 0)
                    {
                        await endpoint.SendTextAsync($"HTTP/1.1 200 OK\r\nContent-Length: {port.Length}\r\n\r\n{port}");
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The client has left.
            }
        }
    }

    private static async Task AssertHeaderAsync(Socket endpoint, ProxyProtocolVersion version, EndPoint? source, EndPoint? destination)
    {
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        var expected = Encoding.Latin1.GetString(bytes, 0, ProxyHeaderWriter.Write(bytes, version, ProxyHeader.Of(source, destination)));
        Assert.Equal(expected, await endpoint.ReadTextAsync(expected.Length));
    }

    private static async Task AnswerAsync(Socket endpoint, Socket client)
    {
        Assert.StartsWith("GET / ", await endpoint.ReadHeadAsync(), StringComparison.Ordinal);
        await endpoint.SendTextAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await client.ReadHeadAsync();
        Assert.Equal("ok", await client.ReadTextAsync(2));
    }
}
