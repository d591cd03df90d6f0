using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Ends connections that outlive their listener, at a moment when nothing is lost: with an answer.</summary>
internal static class Closing
{
    /// <summary>Tells the client that the connection closes after this answer, if its listener has been stopped.</summary>
    public static void Announce(HttpContext context)
    {
        if (context.Features.Get<Exchange>() is not { Listener.IsClosing: true })
        {
            return;
        }
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // GOAWAY: the streams that are open finish (RFC 9113 section 6.8).
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
