using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Listeners;

namespace LoadBalancer.Http;

/// <summary>The connections to HTTP endpoints: one pool for all, by address, but for those with a PROXY header.</summary>
internal static class UpstreamClient
{
    /// <summary>Tells the handlers and callbacks which attempt a message belongs to.</summary>
    public static readonly HttpRequestOptionsKey<Attempt> AttemptKey = new("attempt");

    /// <summary>The client of all whose connections say nothing of whom they are for.</summary>
    public static HttpMessageInvoker Create(TimeProvider time) => Create(time, default);

    /// <summary>A client for the requests of one client connection, whose connections begin with a PROXY header that names it.</summary>
    public static HttpMessageInvoker Create(TimeProvider time, ProxyProtocolVersion version, in ProxyHeader header)
    {
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        return Create(time, bytes.AsMemory(0, ProxyHeaderWriter.Write(bytes, version, header)));
    }

    /// <summary>A client that changes nothing: no redirects, cookies, decompression, proxy or tracing headers of its own.</summary>
    private static HttpMessageInvoker Create(TimeProvider time, ReadOnlyMemory<byte> first) => new(new HedgingHandler(new FlushingHandler(new SocketsHttpHandler
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
        RequestHeaderEncodingSelector = static (name, request) =>
        {
            BeginOrForbid(name, request);
            return Encoding.Latin1;
        },
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = (context, stop) => ConnectAsync(context, first, time, stop),
    }), time));

    /// <summary>
    /// When a connection closes without an answer, HttpClient sends a request without a body up to three times more,
    /// whatever its method, also on new connections. Whether that is right is the proxy's decision, so that the second
    /// time is an error. Called for every field that is written; a send is known by its first.
    /// </summary>
    private static void BeginOrForbid(string field, HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(AttemptKey, out var attempt))
        {
            return;
        }
        if (attempt.FirstField is null)
        {
            attempt.Begin(field, hasBody: request.Content is not null);
        }
        else if (attempt.FirstField == field && request.Version.Major == 1)
        {
            // HTTP/2 repeats only what the endpoint says that it has not touched.
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the endpoint closed the connection without an answer");
        }
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, ReadOnlyMemory<byte> first, TimeProvider time, CancellationToken stop)
    {
        context.InitialRequestMessage.Options.TryGetValue(AttemptKey, out var attempt);
        // An endpoint that an address names needs no look-up.
        var remote = IPAddress.TryParse(context.DnsEndPoint.Host, out var address) ? new IPEndPoint(address, context.DnsEndPoint.Port) : (EndPoint)context.DnsEndPoint;
        var socket = Sockets.For(remote);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var timer = time.CreateTimer(static limit => ((CancellationTokenSource)limit!).Cancel(), limit, attempt!.ConnectTimeout, Timeout.InfiniteTimeSpan);
            await socket.ConnectAsync(remote, limit.Token).ConfigureAwait(false);
            if (!first.IsEmpty)
            {
                // Less than the emptiest send buffer takes: it goes at once.
                await socket.SendAsync(first, SocketFlags.None, limit.Token).ConfigureAwait(false);
            }
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
