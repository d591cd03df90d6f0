using System.Globalization;
using System.Text;
using LoadBalancer.Core.Resilience;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>
/// The balancer's own answers. The text helps the person who sees it and says nothing about the inside; the field
/// X-Lb-Reason says the same to machines. The details are in the log and the admin interface.
/// </summary>
internal static class Answers
{
    public static Task UnknownHostAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status404NotFound, "no_route",
        $"No service is known for the host \"{Shown(context.Request.Host.Value)}\" and this path. Is the name right, and is the service registered?");

    public static Task NotReadyAsync(HttpContext context) =>
        RetryLaterAsync(context, "not_ready", "It is not known yet which services there are. Try again in a moment.");

    /// <summary>Refuses a request that cannot be passed on, and closes: what follows on the connection is not known for sure.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.Headers.Connection = "close";
        return WriteAsync(context, status, "bad_request", text);
    }

    public static Task NoTunnelAsync(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "connect_refused", "This is a reverse proxy: it opens no tunnels to other hosts.");
    }

    /// <summary>The answer when no attempt succeeded; <paramref name="error"/> is none when there was no endpoint to try.</summary>
    public static Task FailedAsync(HttpContext context, ForwarderError error) => error switch
    {
        ForwarderError.None => RetryLaterAsync(context, "no_endpoint", "The service has no instance that can take requests now. Try again in a moment."),
        ForwarderError.Request when context.GetForwarderErrorFeature() is { } failure && ForwarderErrors.OutcomeOf(error, failure.Exception) == Core.Model.LeaseOutcome.ConnectFailed =>
            RetryLaterAsync(context, "connect_failed", "No instance of the service could be reached. Try again in a moment."),
        ForwarderError.RequestTimedOut => WriteAsync(
            context, StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The service did not answer in time."),
        ForwarderError.RequestCreation => WriteAsync(
            context, StatusCodes.Status400BadRequest, "bad_request", "The request's Host or target is not one that can be passed on."),
        // The forwarder has chosen the status: the request itself was at fault (400, 408, 413, ...).
        ForwarderError.RequestBodyClient when context.Response.StatusCode is >= 400 and < 500 =>
            WriteAsync(context, context.Response.StatusCode, "bad_request", "The request could not be read to its end."),
        _ => WriteAsync(context, StatusCodes.Status502BadGateway, "upstream_error", "The service closed the connection or gave an answer that cannot be understood."),
    };

    /// <summary>The answer when the guard of the service refuses.</summary>
    public static Task RefusedAsync(HttpContext context, GuardAnswer answer, TimeSpan retryAfter)
    {
        var (status, reason, text) = answer switch
        {
            GuardAnswer.RateLimited => (StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests. Try again after the time in Retry-After."),
            GuardAnswer.BreakerOpen => (StatusCodes.Status503ServiceUnavailable, "breaker_open", "The service has failed too often and is not asked for a while."),
            GuardAnswer.QueueFull => (StatusCodes.Status503ServiceUnavailable, "queue_full", "The service has as many requests as it takes, and too many wait. Try again in a moment."),
            GuardAnswer.QueueTimeout => (StatusCodes.Status503ServiceUnavailable, "queue_timeout", "The service had no place for the request in time. Try again in a moment."),
            GuardAnswer.Overloaded => (StatusCodes.Status503ServiceUnavailable, "overloaded", "The service is overloaded. Try again in a moment."),
            _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, null),
        };
        // In whole seconds (RFC 9110 section 10.2.3), and none is no wait at all.
        context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, status, reason, text);
    }

    private static Task RetryLaterAsync(HttpContext context, string reason, string text)
    {
        context.Response.Clear();
        context.Response.Headers.RetryAfter = "1";
        return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, reason, text);
    }

    private static Task WriteAsync(HttpContext context, int status, string reason, string text)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Lb-Reason"] = reason;
        Closing.Announce(context);
        var body = Encoding.UTF8.GetBytes($"{status} {text}\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>What the client sent, short and without anything but printable ASCII.</summary>
    private static string Shown(string? host) =>
        string.Concat((host ?? "").Take(100).Where(static c => c is > ' ' and < '\x7f' and not '"'));
}
