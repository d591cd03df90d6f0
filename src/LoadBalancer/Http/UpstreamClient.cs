using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;

namespace LoadBalancer.Http;

/// <summary>The connections to HTTP endpoints: one pool for all, by address.</summary>
internal static class UpstreamClient
{
    /// <summary>Tells the connect callback which endpoint, with which policy, a request goes to.</summary>
    public static readonly HttpRequestOptionsKey<Exchange> ExchangeKey = new("exchange");

    /// <summary>A client that changes nothing: no redirects, cookies, decompression, proxy or tracing headers of its own.</summary>
    public static HttpMessageInvoker Create(TimeProvider time) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        // KiB, as HAProxy's and nginx' limits can be raised to.
        MaxResponseHeadersLength = 128,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = (context, stop) => ConnectAsync(context, time, stop),
    });

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, TimeProvider time, CancellationToken stop)
    {
        context.InitialRequestMessage.Options.TryGetValue(ExchangeKey, out var exchange);
        var policy = exchange?.Snapshot?.Policy ?? ServicePolicy.Default;
        // An endpoint that an address names needs no look-up.
        var remote = IPAddress.TryParse(context.DnsEndPoint.Host, out var address) ? new IPEndPoint(address, context.DnsEndPoint.Port) : (EndPoint)context.DnsEndPoint;
        var socket = Sockets.For(remote);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var timer = time.CreateTimer(static limit => ((CancellationTokenSource)limit!).Cancel(), limit, policy.ConnectTimeout, Timeout.InfiniteTimeSpan);
            await socket.ConnectAsync(remote, limit.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
