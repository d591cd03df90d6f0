using System.Net.Sockets;

namespace LoadBalancer.Tcp.Tls;

/// <summary>Tells a TLS client why its connection is closed, by a fatal alert (RFC 8446 section 6.2), which is not encrypted yet.</summary>
internal sealed class TlsAlert
{
    /// <summary>Nobody here has the name that was asked for (RFC 6066 section 3).</summary>
    public static TlsAlert UnrecognizedName { get; } = new(112);

    /// <summary>No name was asked for, and one is needed.</summary>
    public static TlsAlert MissingExtension { get; } = new(109);

    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(2);

    private readonly byte[] _record;

    // An alert record of TLS 1.2, which clients of every version read; level fatal.
    private TlsAlert(byte description) => _record = [21, 3, 3, 0, 2, 2, description];

    /// <summary>Sends it, and reads away what the client still sends: closing before would reset the connection, and the alert with it.</summary>
    public async ValueTask SendAsync(Socket client, TimeProvider time, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(s_linger, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            await client.SendAsync(_record, SocketFlags.None, either.Token).ConfigureAwait(false);
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
