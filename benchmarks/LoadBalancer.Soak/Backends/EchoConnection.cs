using System.Net.Sockets;

namespace LoadBalancer.Soak.Backends;

/// <summary>Sends back what it gets, and ends when the other side has.</summary>
/// <param name="socket">The connection.</param>
/// <param name="backend">Whose it is.</param>
/// <param name="limit">Ends the connection after so many bytes.</param>
internal sealed class EchoConnection(Socket socket, Backend backend, long limit) : BackendConnection
{
    public override async Task RunAsync()
    {
        backend.CountRequest();
        var buffer = new byte[32 * 1024];
        for (var total = 0L; total < limit;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory());
            if (count == 0)
            {
                socket.Shutdown(SocketShutdown.Send);
                return;
            }
            total += count;
            for (var sent = 0; sent < count;)
            {
                sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        socket.Close(0);
    }

    public override void Abort() => socket.Close(0);

    public override void CloseIfIdle()
    {
        // None is: the client ends it.
    }

    public override void Dispose() => socket.Dispose();
}
