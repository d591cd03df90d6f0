using System.Net.Sockets;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Makes tunnels through the reactor.</summary>
internal static class Tunnels
{
    public const string Request = "GET /chat HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    public const string Switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";

    /// <summary>A client's request that has come to the backend and is not answered.</summary>
    /// <param name="reactor">Between them.</param>
    /// <param name="backend">Where the next connection is this one's.</param>
    /// <param name="early">What the client sends behind its request at once.</param>
    public static async Task<(Socket Client, Socket Endpoint)> AskAsync(ReactorFixture reactor, ManualBackend backend, string early = "")
    {
        var client = await reactor.ConnectAsync();
        await client.SendTextAsync(Request + early);
        var endpoint = await backend.AcceptSocketAsync();
        Assert.Contains("\r\nUpgrade: websocket\r\n", await endpoint.ReadHeadAsync(), StringComparison.Ordinal);
        return (client, endpoint);
    }

    /// <summary>Both ends of a tunnel.</summary>
    public static async Task<(Socket Client, Socket Endpoint)> OpenAsync(ReactorFixture reactor, ManualBackend backend)
    {
        var (client, endpoint) = await AskAsync(reactor, backend);
        await endpoint.SendTextAsync(Switch);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        return (client, endpoint);
    }
}
