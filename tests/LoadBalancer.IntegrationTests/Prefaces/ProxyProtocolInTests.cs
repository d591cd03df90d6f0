using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Prefaces;

/// <summary>Listeners that take the client's address from a PROXY header.</summary>
public sealed class ProxyProtocolInTests(ProxyFixture fixture) : IClassFixture<ProxyFixture>
{
    private const string Request = "GET / HTTP/1.1\r\nHost: " + LbFixture.Host + "\r\n";

    [Theory]
    [InlineData("kestrel", ProxyProtocolVersion.V1)]
    [InlineData("kestrel", ProxyProtocolVersion.V2)]
    [InlineData("reactor", ProxyProtocolVersion.V1)]
    [InlineData("reactor", ProxyProtocolVersion.V2)]
    public async Task The_header_says_who_the_client_is_for_all_requests_of_the_connection(string engine, ProxyProtocolVersion version)
    {
        await using var endpoint = await fixture.EndpointAsync();
        foreach (var (source, address) in new[] { ("192.0.2.7:1234", "192.0.2.7"), ("[2001:db8::7]:1", "2001:db8::7"), ("[::ffff:192.0.2.8]:1", "192.0.2.8") })
        {
            using var client = await Wire.ConnectAsync(fixture.PortOf(engine));
            // Two requests at once with the header, and one later.
            await client.SendAsync((byte[])[.. ProxyWire.Header(version, source), .. System.Text.Encoding.Latin1.GetBytes($"{Request}\r\n{Request}X-Forwarded-For: 10.1.1.1\r\n\r\n")]);
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
            await client.SendAsync(Request + "\r\n");
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);

            // The client itself is not trusted, though who sent its header is: what it says of others is dropped.
            Assert.Equal([address, address, address], endpoint.Requests.TakeLast(3).Select(static request => request.Field("X-Forwarded-For")));
        }
    }

    [Theory]
    [InlineData("kestrel", ProxyProtocolVersion.V1)]
    [InlineData("reactor", ProxyProtocolVersion.V2)]
    public async Task The_header_may_come_byte_by_byte(string engine, ProxyProtocolVersion version)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = await Wire.ConnectAsync(fixture.PortOf(engine));
        foreach (var one in (byte[])[.. ProxyWire.Header(version, "192.0.2.7:1234"), .. System.Text.Encoding.Latin1.GetBytes(Request + "\r\n")])
        {
            await client.SendAsync(new[] { one });
        }

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("192.0.2.7", endpoint.Requests.Single().Field("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("kestrel", "PROXY UNKNOWN\r\n")]
    [InlineData("reactor", "PROXY UNKNOWN\r\n")]
    [InlineData("kestrel", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")]
    [InlineData("reactor", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")]
    public async Task Without_addresses_the_client_is_the_proxy(string engine, string header)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = await Wire.ConnectAsync(fixture.PortOf(engine));
        await client.SendAsync($"{header}{Request}X-Forwarded-For: 10.1.1.1\r\n\r\n");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("10.1.1.1, 127.0.0.1", endpoint.Requests.Single().Field("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("reactor")]
    public async Task A_client_behind_the_header_that_is_trusted_may_name_its_own(string engine)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = await ProxyWire.ConnectAsync(fixture.PortOf(engine), "127.0.0.9:1");
        await client.SendAsync($"{Request}X-Forwarded-For: 10.1.1.1\r\n\r\n");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("10.1.1.1, 127.0.0.9", endpoint.Requests.Single().Field("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("kestrel", Request + "\r\n")]
    [InlineData("reactor", Request + "\r\n")]
    [InlineData("tcp", Request + "\r\n")]
    [InlineData("kestrel", "PROXY TCP4 192.0.2.7 192.0.2.1 0 99999\r\n" + Request + "\r\n")]
    [InlineData("reactor", "PROXY TCP4 192.0.2.7 192.0.2.1 0 99999\r\n" + Request + "\r\n")]
    [InlineData("tcp", "PROXY TCP4 192.0.2.7 192.0.2.1 0 99999\r\n" + Request + "\r\n")]
    public async Task Without_a_header_nothing_is_served(string listener, string bytes)
    {
        await using var endpoint = await fixture.EndpointAsync();
        await fixture.Lb.UseAsync("tcp", endpoint.Address);
        using var client = await Wire.ConnectAsync(fixture.PortOf(listener));
        await client.SendAsync(bytes);

        await client.WaitForCloseAsync();

        Assert.Equal(("", 0), (client.Received, endpoint.Accepted));
        await fixture.Lb.Process.WaitForLineAsync($"listener {listener}: closed a connection from 127.0.0.1: its PROXY header is malformed");
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData("reactorStranger")]
    [InlineData("tcpStranger")]
    public async Task A_header_from_elsewhere_is_not_believed(string listener)
    {
        await using var endpoint = await fixture.EndpointAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await Wire.ConnectAsync(fixture.PortOf(listener));
            try
            {
                await client.SendAsync((byte[])[.. ProxyWire.Header(ProxyProtocolVersion.V1, "192.0.2.7:1"), .. System.Text.Encoding.Latin1.GetBytes(Request + "\r\n")]);
            }
            catch (SocketException)
            {
                // Closed before anything was said.
            }
            await client.WaitForCloseAsync();
            Assert.Equal("", client.Received);
        }

        Assert.Equal(0, endpoint.Accepted);
        // Once a minute.
        Assert.Single(fixture.Lb.Process.Lines, line => line.Contains($"listener {listener}: closed a connection from 127.0.0.1: it is none of trustedProxies", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("reactor")]
    public async Task What_another_engine_does_on_the_connection_knows_the_client_too(string engine)
    {
        await using var endpoint = new RawEndpoint("sticky");
        await fixture.Lb.UseAsync("sticky", endpoint.Address);
        using var client = await ProxyWire.ConnectAsync(fixture.PortOf(engine), "192.0.2.7:1234");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: sticky.haproxy.service.consul\r\n\r\n");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal("192.0.2.7", endpoint.Requests.Single().Field("X-Forwarded-For"));
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("reactor")]
    public async Task Http_2_comes_after_the_header(string engine)
    {
        await using var endpoint = await fixture.EndpointAsync();
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) => new NetworkStream((await ProxyWire.ConnectAsync(fixture.PortOf(engine), "192.0.2.7:1234")).Socket, ownsSocket: true),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://lb/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = LbFixture.Host;

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("192.0.2.7", endpoint.Requests.Single().Field("X-Forwarded-For"));
    }

    [Fact]
    public async Task Rates_count_by_the_client_of_the_header()
    {
        await using var endpoint = new RawEndpoint("limited");
        await fixture.Lb.UseAsync("limited", endpoint.Address);
        foreach (var (source, status) in new[] { ("192.0.2.1:1", 200), ("192.0.2.1:2", 429), ("192.0.2.2:3", 200), ("192.0.2.2:4", 429) })
        {
            using var client = await ProxyWire.ConnectAsync(fixture.PortOf(Engine.IsKestrel ? "kestrel" : "reactor"), source);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: limited.haproxy.service.consul\r\n\r\n");
            Assert.Equal(status, (await client.ReadAnswerAsync()).Status);
        }
    }

    [Fact]
    public async Task A_tcp_connection_goes_on_without_the_header()
    {
        await using var endpoint = new RawEndpoint("echo", static async wire => await wire.SendAsync(await wire.ReadAsync(5)));
        await fixture.Lb.UseAsync("tcp", endpoint.Address);
        using var client = await ProxyWire.ConnectAsync(fixture.Ports["tcp"], "192.0.2.7:1234", ProxyProtocolVersion.V1);
        await client.SendAsync("hello");

        Assert.Equal("hello", System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync()));
        Assert.Equal("hello", endpoint.Connections.Single().Received);
    }

    [Theory]
    [InlineData("kestrel", "send-proxy")]
    [InlineData("kestrel", "send-proxy-v2 proxy-v2-options crc32c,unique-id")]
    [InlineData("reactor", "send-proxy")]
    [InlineData("reactor", "send-proxy-v2 proxy-v2-options crc32c,unique-id")]
    public async Task HAProxy_in_front_names_its_client(string engine, string option)
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        await using var endpoint = await fixture.EndpointAsync();
        var port = Ports.Free();
        await using var haproxy = await HaProxyProcess.StartAsync($"""
            listen front
              bind 127.0.0.1:{port}
              unique-id-format %ci:%cp
              server lb 127.0.0.1:{fixture.PortOf(engine)} {option}
            """, port);
        using var client = await FromAsync("127.0.0.77", port);
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Request + "\r\n");
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        }

        Assert.Equal(["127.0.0.77", "127.0.0.77"], endpoint.Requests.Select(static request => request.Field("X-Forwarded-For")));
    }

    internal static async Task<Wire> FromAsync(string address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new Wire(socket);
    }
}
