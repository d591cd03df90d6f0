using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Tests.Support;

/// <summary>The two ends of a connection over loopback.</summary>
internal sealed class ConnectedPair : IDisposable
{
    private ConnectedPair(Socket client, Socket server) => (Client, Server) = (client, server);

    public Socket Client { get; }

    public Socket Server { get; }

    public static async Task<ConnectedPair> OpenAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return new ConnectedPair(client, await listener.AcceptAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Sends from the client's end.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await Client.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
