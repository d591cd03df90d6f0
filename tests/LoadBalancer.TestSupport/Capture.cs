using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.TestSupport;

/// <summary>Catches what a real program sends first on a connection.</summary>
public sealed class Capture : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Capture() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The bytes of the next connection, read until <paramref name="isAll"/> says so; then it is closed.</summary>
    public async Task<byte[]> FirstBytesAsync(Func<byte[], bool> isAll)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await _listener.AcceptSocketAsync(limit.Token);
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        while (!isAll(all.ToArray()))
        {
            var count = await connection.ReceiveAsync(buffer, limit.Token);
            if (count == 0)
            {
                throw new InvalidDataException($"the connection ended after {Convert.ToHexString(all.ToArray())}");
            }
            all.Write(buffer, 0, count);
        }
        return all.ToArray();
    }

    public void Dispose() => _listener.Dispose();
}
