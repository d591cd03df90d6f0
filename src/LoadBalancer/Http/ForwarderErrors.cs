using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>What an error of YARP's forwarder says about the endpoint, and whether the request may be sent again.</summary>
internal static class ForwarderErrors
{
    public static LeaseOutcome OutcomeOf(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.None => LeaseOutcome.Succeeded,
        ForwarderError.Request when Attempts.IsShortage(exception?.InnerException) => LeaseOutcome.Canceled,
        ForwarderError.Request when IsConnectFailure(exception) => LeaseOutcome.ConnectFailed,
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
            or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
            or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient
            or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient
            or ForwarderError.UpgradeActivityTimeout or ForwarderError.RequestCreation => LeaseOutcome.Canceled,
        _ => LeaseOutcome.Failed,
    };

    /// <summary>What the status of an answer says about the service: these four, that it cannot serve.</summary>
    public static LeaseOutcome OutcomeOf(int status) => status is 500 or 502 or 503 or 504 ? LeaseOutcome.Failed : LeaseOutcome.Succeeded;

    /// <summary>
    /// True when the endpoint failed before a byte of its answer and doing the request twice is the same as doing it once
    /// (RFC 9110 section 9.2.2). A body has been read from the client and cannot be sent again.
    /// </summary>
    public static bool MayRepeat(HttpContext context, ForwarderError error, Exception? exception) =>
        error == ForwarderError.Request
        && exception is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.Unknown }
        && IsIdempotent(context.Request.Method)
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static bool IsConnectFailure(Exception? exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsTrace(method);
}
