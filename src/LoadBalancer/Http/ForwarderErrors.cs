using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>What an error of YARP's forwarder is, in the terms of every engine.</summary>
internal static class ForwarderErrors
{
    public static AttemptFailure FailureOf(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.None => AttemptFailure.None,
        ForwarderError.Request => FailureOf(exception),
        ForwarderError.RequestTimedOut => AttemptFailure.Timeout,
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
            or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
            or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient
            or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient
            or ForwarderError.UpgradeActivityTimeout or ForwarderError.RequestCreation => AttemptFailure.Client,
        _ => AttemptFailure.Broken,
    };

    /// <summary>What the status of an answer says about the service: these four, that it cannot serve.</summary>
    public static LeaseOutcome OutcomeOf(int status) => status is 500 or 502 or 503 or 504 ? LeaseOutcome.Failed : LeaseOutcome.Succeeded;

    /// <summary>
    /// True when doing the request twice is the same as doing it once (RFC 9110 section 9.2.2). A body has been read from the
    /// client and cannot be sent again.
    /// </summary>
    public static bool IsRepeatable(HttpContext context) =>
        IsIdempotent(context.Request.Method) && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    /// <summary>What the balancer answers when no attempt succeeded: what is wrong with the request, else what the dispatch says.</summary>
    public static Refusal RefusalOf(HttpContext context, Refusal refusal) => context.GetForwarderErrorFeature()?.Error switch
    {
        ForwarderError.RequestCreation => Refusal.BadRequest(StatusCodes.Status400BadRequest, "The request's Host or target is not one that can be passed on."),
        // The forwarder has chosen the status: the request itself was at fault (400, 408, 413).
        ForwarderError.RequestBodyClient when context.Response.StatusCode is >= 400 and < 500 =>
            Refusal.BadRequest(context.Response.StatusCode, "The request could not be read to its end."),
        _ => refusal,
    };

    private static AttemptFailure FailureOf(Exception? exception) => exception is not HttpRequestException failure ? AttemptFailure.Reset
        : Sockets.IsShortage(failure.InnerException) ? AttemptFailure.Shortage
        : failure.HttpRequestError switch
        {
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => AttemptFailure.Connect,
            HttpRequestError.ResponseEnded or HttpRequestError.Unknown => AttemptFailure.Reset,
            _ => AttemptFailure.Malformed,
        };

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsTrace(method);
}
