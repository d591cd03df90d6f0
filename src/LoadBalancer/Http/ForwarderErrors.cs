using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>What an error of YARP's forwarder is, in the terms of every engine.</summary>
internal static class ForwarderErrors
{
    /// <summary>How the running attempt of a request failed, by what the forwarder reports and how far the attempt had got.</summary>
    public static AttemptFailure FailureOf(ForwarderError error, HttpContext context, Exchange exchange)
    {
        var attempt = exchange.Attempt!;
        if (!context.RequestAborted.IsCancellationRequested)
        {
            if (exchange.IsExpired)
            {
                // Only who was waited for when the time was over is to blame.
                return attempt.IsAwaited ? AttemptFailure.Timeout : AttemptFailure.Client;
            }
            if (attempt.HasExpired)
            {
                return AttemptFailure.Timeout;
            }
        }
        var exception = context.GetForwarderErrorFeature()?.Exception;
        return error switch
        {
            ForwarderError.None => AttemptFailure.None,
            ForwarderError.Request => FailureOf(exception),
            ForwarderError.RequestTimedOut => attempt.Phase switch
            {
                SendPhase.Connecting => AttemptFailure.Connect,
                SendPhase.AwaitingClient => AttemptFailure.ClientTimeout,
                _ => AttemptFailure.Timeout,
            },
            // An idle timeout is put down to the side that was waited for, and seen by the status.
            ForwarderError.RequestBodyClient when context.Response.StatusCode == StatusCodes.Status408RequestTimeout => AttemptFailure.ClientTimeout,
            ForwarderError.RequestBodyDestination when context.Response.StatusCode == StatusCodes.Status504GatewayTimeout => AttemptFailure.Timeout,
            ForwarderError.ResponseBodyDestination when exception is OperationCanceledException => AttemptFailure.Timeout,
            // Over HTTP/2, reading from the client is called off when the endpoint resets the stream. Kestrel reports a
            // client's connection that ends by exceptions of the same kind, but those name no token that has called off.
            ForwarderError.RequestBodyClient when exception is AggregateException { InnerExceptions: [OperationCanceledException { CancellationToken.IsCancellationRequested: true }, HttpRequestException cause] } => FailureOf(cause),
            // The same in the middle of its answer, which then cannot be read either.
            ForwarderError.RequestBodyClient when attempt.IsAnswered && exception is AggregateException { InnerExceptions: [OperationCanceledException { CancellationToken.IsCancellationRequested: true }, IOException] } => AttemptFailure.Broken,
            ForwarderError.RequestBodyDestination when !attempt.IsAnswered => AttemptFailure.Reset,
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
                or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient
                or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient
                or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient
                or ForwarderError.UpgradeActivityTimeout or ForwarderError.RequestCreation => AttemptFailure.Client,
            _ => AttemptFailure.Broken,
        };
    }

    /// <summary>True when the body of the request could not be read because the client's connection is gone.</summary>
    public static bool IsClientLost(HttpContext context) =>
        context.GetForwarderErrorFeature() is { Error: ForwarderError.RequestBodyClient, Exception: var exception }
        && (exception is AggregateException { InnerExceptions: [var reading, ..] } ? reading : exception) is ConnectionResetException or SocketException;

    /// <summary>How an attempt failed that ended with this exception before an answer.</summary>
    public static AttemptFailure FailureOf(Exception? exception) => exception is not HttpRequestException failure ? AttemptFailure.Reset
        : Sockets.IsShortage(failure.InnerException) ? AttemptFailure.Shortage
        : failure.HttpRequestError switch
        {
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => AttemptFailure.Connect,
            // Of HTTP/2: the endpoint has reset the stream, or the connection.
            HttpRequestError.ResponseEnded or HttpRequestError.Unknown or HttpRequestError.HttpProtocolError => AttemptFailure.Reset,
            _ => AttemptFailure.Malformed,
        };

    /// <summary>What the balancer answers when no attempt succeeded and the last one failed like this: what is wrong with the request, else what the dispatch says.</summary>
    public static Refusal RefusalOf(HttpContext context, Exchange exchange, AttemptFailure failure) => context.GetForwarderErrorFeature()?.Error switch
    {
        _ when exchange.IsExpired => Refusal.RequestTimeout,
        ForwarderError.RequestCreation => Refusal.BadRequest(StatusCodes.Status400BadRequest, "The request's Host or target is not one that can be passed on."),
        // The forwarder has chosen the status: the request itself was at fault (400, 413).
        ForwarderError.RequestBodyClient when failure == AttemptFailure.Client && context.Response.StatusCode is >= 400 and < 500 =>
            Refusal.BadRequest(context.Response.StatusCode, "The request could not be read to its end."),
        _ => exchange.Dispatch.Refusal,
    };
}
