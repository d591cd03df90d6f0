using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// A client for one question: its connection is closed with it. Connections are not reused, because a check is also to find
/// out whether the subject still accepts any. (A lifetime of zero in a client that is kept leaves those of HTTP/2 open.)
/// </summary>
internal static class CheckClient
{
    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "Only where the check's own tls_skip_verify says so.")]
    public static HttpClient Create(bool followRedirects, bool tlsSkipVerify)
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
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
