using System.Globalization;
using System.Text;
using LoadBalancer.Core.Dispatching;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>Writes the balancer's own answers. The details are in the log and the admin interface.</summary>
internal static class Answers
{
    public static Task UnknownHostAsync(HttpContext context) => WriteAsync(context, Refusal.NoRouteTo(context.Request.Host.Value ?? ""));

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
        if (refusal.MayRetryLater)
        {
            context.Response.Headers.RetryAfter = Refusal.RetryAfterSeconds(retryAfter).ToString(CultureInfo.InvariantCulture);
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
}
