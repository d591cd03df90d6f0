using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Ends connections that outlive their listener, at a moment when nothing is lost: with an answer.</summary>
internal static class Closing
{
    /// <summary>Tells the client that the connection closes after this answer, if its listener has been stopped.</summary>
    public static void Announce(HttpContext context)
    {
        if (context.Features.Get<Exchange>() is { Listener.IsClosing: true })
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
