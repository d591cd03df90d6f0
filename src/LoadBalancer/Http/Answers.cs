using System.Globalization;
using System.Text;
using LoadBalancer.Core.Dispatching;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Writes the balancer's own answers. The details are in the log and the admin interface.</summary>
internal static class Answers
{
    public static Task UnknownHostAsync(HttpContext context) => WriteAsync(context, Refusal.NoRoute with
    {
        Text = $"No service is known for the host \"{Shown(context.Request.Host.Value)}\" and this path. Is the name right, and is the service registered?",
    });

    /// <summary>Refuses a request that cannot be passed on, and closes: what follows on the connection is not known for sure.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.Headers.Connection = "close";
        return WriteAsync(context, Refusal.BadRequest(status, text));
    }

    public static Task NoTunnelAsync(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        return WriteAsync(context, Refusal.NoTunnel);
    }

    /// <summary>The answer when no attempt succeeded, or nothing was tried.</summary>
    /// <param name="context">The request.</param>
    /// <param name="refusal">What to say.</param>
    /// <param name="retryAfter">How long until it makes sense to come again; zero when not known.</param>
    public static Task RefusedAsync(HttpContext context, Refusal refusal, TimeSpan retryAfter)
    {
        context.Response.Clear();
        if (refusal.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            // In whole seconds (RFC 9110 section 10.2.3), and none is no wait at all.
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
        return WriteAsync(context, refusal);
    }

    public static Task RefusedAsync(HttpContext context, Refusal refusal) => RefusedAsync(context, refusal, TimeSpan.Zero);

    private static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        var response = context.Response;
        response.StatusCode = refusal.Status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Lb-Reason"] = refusal.Reason;
        Closing.Announce(context);
        var body = Encoding.UTF8.GetBytes($"{refusal.Status} {refusal.Text}\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>What the client sent, short and without anything but printable ASCII.</summary>
    private static string Shown(string? host) =>
        string.Concat((host ?? "").Take(100).Where(static c => c is > ' ' and < '\x7f' and not '"'));
}
