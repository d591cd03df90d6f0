using System.Net.Sockets;
using LoadBalancer.Core.Prefaces.Tls;

namespace LoadBalancer.Tcp.Tls;

/// <summary>Tells TLS clients that their connection leads nowhere.</summary>
internal static class TlsAlerts
{
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(2);

    /// <summary>Sends the alert, and reads away what the client still sends: closing before would reset the connection, and the alert with it.</summary>
    public static async ValueTask SendAsync(Socket client, string serverName, TimeProvider time, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(s_linger, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            await client.SendAsync(TlsAlert.For(serverName), SocketFlags.None, either.Token).ConfigureAwait(false);
            client.Shutdown(SocketShutdown.Send);
            var rest = new byte[1024];
            while (await client.ReceiveAsync(rest, SocketFlags.None, either.Token).ConfigureAwait(false) > 0)
            {
                // Nobody reads it.
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It left, or does not stop.
        }
    }
}
