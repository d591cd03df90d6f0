using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// A client for one question: its connection is closed with it. Connections are not reused, because a check is also to find
/// out whether the subject still accepts any. (A lifetime of zero in a client that is kept leaves those of HTTP/2 open.)
/// </summary>
internal static class CheckClient
{
    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "Only where the check's own tls_skip_verify says so.")]
    public static HttpClient Create(bool followRedirects, bool tlsSkipVerify, ProxyProtocolVersion sendProxyProtocol)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = followRedirects,
        };
        if (tlsSkipVerify)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }
        if (sendProxyProtocol != ProxyProtocolVersion.Off)
        {
            handler.ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, sendProxyProtocol, ct);
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint remote, ProxyProtocolVersion sendProxyProtocol, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(remote, ct);
            await OwnHeader.SendAsync(socket, sendProxyProtocol, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
