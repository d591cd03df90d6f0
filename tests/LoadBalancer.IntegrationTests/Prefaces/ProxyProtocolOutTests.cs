using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.IntegrationTests.Prefaces;

/// <summary>Services whose endpoints get a PROXY header.</summary>
public sealed class ProxyProtocolOutTests(ProxyFixture fixture) : IClassFixture<ProxyFixture>
{
    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task A_tcp_endpoint_gets_the_header_before_all_else(string version)
    {
        var lb = fixture.Lb;
        var header = new TaskCompletionSource<ProxyHeader>();
        await using var endpoint = new RawEndpoint("echo", async wire =>
        {
            header.SetResult(await wire.ReadProxyHeaderAsync());
            await wire.SendAsync(await wire.ReadAsync(5));
        });
        lb.Config.Policy("tcp", $$"""{ "sendProxyProtocol": "{{version}}" }""");
        await lb.UseAsync("tcp", endpoint.Address);
        using var client = await ProxyWire.ConnectAsync(fixture.Ports["tcp"], "192.0.2.7:1234");
        await client.SendAsync("hello");

        Assert.Equal("hello", System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync()));
        // The ends of the client's connection, not those of the proxy's in front.
        Assert.Equal(ProxyHeader.Of(IPEndPoint.Parse("192.0.2.7:1234"), IPEndPoint.Parse("203.0.113.1:80")), await header.Task);
        lb.Config.Policy("tcp", "{}");
        await lb.ApplyAsync();
    }

    [Theory]
    [InlineData("kestrel", "v1")]
    [InlineData("kestrel", "v2")]
    [InlineData("reactor", "v1")]
    [InlineData("reactor", "v2")]
    public async Task No_request_is_sent_on_the_connection_of_another_client(string engine, string version)
    {
        const int Clients = 40;
        const int Requests = 15;
        // Of each connection its header, then what X-Forwarded-For says in its requests.
        var seen = new ConcurrentBag<(string Header, List<string> Forwarded)>();
        await using var endpoint = new RawEndpoint("echo", async wire =>
        {
            var header = await wire.ReadProxyHeaderAsync();
            var forwarded = new List<string>();
            seen.Add((header.Source!.Value.ToEndPoint().Address.ToString(), forwarded));
            while (true)
            {
                var request = await wire.ReadRequestAsync();
                forwarded.Add(request.Field("X-Forwarded-For")!);
                await wire.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n{(forwarded.Count == 7 ? "Connection: close\r\n" : "")}\r\nx");
                if (forwarded.Count == 7)
                {
                    return;
                }
            }
        });
        await fixture.Lb.UseAsync(version, endpoint.Address);

        async Task OneAsync(int i)
        {
            using var client = await ProxyWire.ConnectAsync(fixture.PortOf(engine), $"192.0.2.{i + 1}:1");
            for (var request = 0; request < Requests; request++)
            {
                await client.SendAsync($"GET /{i} HTTP/1.1\r\nHost: {version}.haproxy.service.consul\r\n\r\n");
                Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(OneAsync));

        Assert.All(seen, static connection => Assert.All(connection.Forwarded, address => Assert.Equal(connection.Header, address)));
        Assert.Equal(Clients * Requests, seen.Sum(static connection => connection.Forwarded.Count));
        // They are used again by the client whose they are, and go with it.
        Assert.InRange(endpoint.Accepted, 3 * Clients, 4 * Clients);
        await fixture.Lb.WaitForIdleAsync(version);
        await Eventually.True(() => endpoint.Connections.All(static wire => IsClosed(wire.Socket)), "the connections of clients that left are closed");
        Assert.Empty(endpoint.Malformed);
    }

    [Fact]
    public async Task An_http_2_endpoint_gets_a_connection_for_each_client()
    {
        var connections = new ConcurrentDictionary<string, ProxyHeader>();
        await using var endpoint = await StartAsync(connections, HttpProtocols.Http2);
        await fixture.Lb.UseAsync("h2c", endpoint.Address);
        async Task OneAsync(int i)
        {
            using var client = await ProxyWire.ConnectAsync(fixture.Ports["kestrel"], $"192.0.2.{i + 1}:1");
            for (var request = 0; request < 5; request++)
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: h2c.haproxy.service.consul\r\n\r\n");
                Assert.Equal($"192.0.2.{i + 1} 192.0.2.{i + 1}", (await client.ReadAnswerAsync()).Text);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(OneAsync));

        Assert.Equal(20, connections.Count);
    }

    [Fact]
    public async Task A_copy_for_a_mirror_names_the_client_of_the_original()
    {
        await using var original = await fixture.EndpointAsync();
        var headers = new ConcurrentBag<string>();
        await using var mirror = new RawEndpoint("mirror", async wire =>
        {
            var header = await wire.ReadProxyHeaderAsync();
            var request = await wire.ReadRequestAsync();
            headers.Add($"{header.Source} {request.Field("X-Forwarded-For")}");
            await wire.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
            await wire.WaitForCloseAsync();
        });
        await fixture.Lb.UseAsync("v2", mirror.Address);
        for (var i = 1; i <= 3; i++)
        {
            using var client = await ProxyWire.ConnectAsync(fixture.Ports["kestrel"], $"192.0.2.{i}:{i}");
            await client.SendAsync("GET / HTTP/1.1\r\nHost: copied.example.com\r\n\r\n");
            Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        }

        await Eventually.True(() => headers.Count == 3, "three copies");
        Assert.Equal(["192.0.2.1:1 192.0.2.1", "192.0.2.2:2 192.0.2.2", "192.0.2.3:3 192.0.2.3"], headers.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task HAProxy_behind_sees_the_client(string version)
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        var port = Ports.Free();
        await using var haproxy = await StartHaProxyAsync(port);
        await fixture.Lb.UseAsync(version, LbConfig.Loopback(port));
        using var plain = await ProxyProtocolInTests.FromAsync("127.0.0.78", fixture.Lb.Config.WebPort);
        using var proxied = await ProxyWire.ConnectAsync(fixture.Ports["kestrel"], "[2001:db8::7]:1234");

        foreach (var (client, source) in new[] { (plain, plain.Socket.LocalEndPoint!.ToString()!), (proxied, "2001:db8::7:1234") })
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {version}.haproxy.service.consul\r\n\r\n");
            var answer = await client.ReadAnswerAsync();
            Assert.Equal((200, source), (answer.Status, answer.Text));
        }
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task HAProxy_behind_sees_the_client_of_a_tcp_connection(string version)
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        var lb = fixture.Lb;
        var port = Ports.Free();
        await using var haproxy = await StartHaProxyAsync(port);
        lb.Config.Policy("tcp", $$"""{ "sendProxyProtocol": "{{version}}" }""");
        await lb.UseAsync("tcp", LbConfig.Loopback(port));
        using var plain = await ProxyProtocolInTests.FromAsync("127.0.0.78", fixture.Ports["plainTcp"]);
        using var proxied = await ProxyWire.ConnectAsync(fixture.Ports["tcp"], "[2001:db8::7]:1234");

        foreach (var (client, source) in new[] { (plain, plain.Socket.LocalEndPoint!.ToString()!), (proxied, "2001:db8::7:1234") })
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: any\r\n\r\n");
            var answer = await client.ReadAnswerAsync();
            Assert.Equal((200, source), (answer.Status, answer.Text));
        }
        lb.Config.Policy("tcp", "{}");
        await lb.ApplyAsync();
    }

    [Fact]
    public async Task Checks_are_let_in_by_who_expects_a_header()
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        var port = Ports.Free();
        await using var haproxy = await StartHaProxyAsync(port);
        await fixture.Lb.UseAsync("checked", LbConfig.Loopback(port));

        // Without the header HAProxy would close the check's connection.
        await Eventually.True(async () => (await fixture.Lb.EndpointAsync("checked", LbConfig.Loopback(port))).GetProperty("state").GetString() == "available", "the endpoint is up");
        using var client = await ProxyWire.ConnectAsync(fixture.Ports["kestrel"], "192.0.2.7:1");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: checked.haproxy.service.consul\r\n\r\n");
        Assert.Equal("192.0.2.7:1", (await client.ReadAnswerAsync()).Text);
    }

    private static Task<HaProxyProcess> StartHaProxyAsync(int port) => HaProxyProcess.StartAsync($"""
        frontend behind
          mode http
          bind 127.0.0.1:{port} accept-proxy
          http-request return status 200 content-type text/plain lf-string "%ci:%cp"
        """, port);

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.SafeHandle.IsClosed || (socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>A web server that answers with the client of its connection's PROXY header, and with X-Forwarded-For.</summary>
    private static Task<KestrelEndpoint> StartAsync(ConcurrentDictionary<string, ProxyHeader> connections, HttpProtocols protocols) => KestrelEndpoint.StartAsync(
        context => context.Response.WriteAsync($"{connections[context.Connection.Id].Source!.Value.ToEndPoint().Address} {context.Request.Headers["X-Forwarded-For"]}"),
        protocols,
        listen => listen.Use(next => async connection =>
        {
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync();
                var reading = ProxyHeaderReader.Read(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
                if (reading.Length > 0)
                {
                    connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(reading.Length));
                    connections[connection.ConnectionId] = reading.Header;
                    await next(connection);
                    return;
                }
                connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }));
}
