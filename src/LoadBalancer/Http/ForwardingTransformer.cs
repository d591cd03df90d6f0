using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>
/// What changes between the client's message and the endpoint's: hop-by-hop fields stay behind, forwarding fields are set,
/// the target and the Host go on as the client wrote them.
/// </summary>
internal sealed class ForwardingTransformer(TimeProvider time) : HttpTransformer
{
    private const string XForwardedFor = "X-Forwarded-For";
    private const string XForwardedProto = "X-Forwarded-Proto";
    private const string XForwardedHost = "X-Forwarded-Host";
    private const string Forwarded = "Forwarded";

    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<char> s_delimiters = SearchValues.Create(" \t\"(),/:;<=>?@[\\]{}");

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken).ConfigureAwait(false);
        var exchange = httpContext.Features.Get<Exchange>()!;
        var request = httpContext.Request;
        if (exchange.Attempt is { } attempt)
        {
            // None yet for a copy that is made for a mirror.
            proxyRequest.Options.Set(UpstreamClient.AttemptKey, attempt);
        }
        proxyRequest.RequestUri = RequestTarget.Of(httpContext.Features.Get<IHttpRequestFeature>()!.RawTarget, destinationPrefix);
        // An empty Host comes only from HTTP/1.0; HttpClient then writes the endpoint's address. A name that it refuses is
        // answered 400: as a raw field it would get a second Host beside it.
        proxyRequest.Headers.Host = request.Host.HasValue ? request.Host.Value : null;
        // Trailers of a request do not go on (RFC 9110 section 6.5.1 allows that), so none are announced.
        proxyRequest.Headers.Remove(HeaderNames.Trailer);
        RemoveNominated(request.Headers.Connection, proxyRequest.Headers, proxyRequest.Content?.Headers);
        if (exchange.Dispatch.Sticky is { } sticky && request.Headers.Cookie is { Count: > 0 } cookies)
        {
            StickyCookies.Remove(cookies, sticky, proxyRequest.Headers);
        }
        if (request.Headers.TryGetValue(HeaderNames.UpgradeInsecureRequests, out var upgradeInsecure))
        {
            // End to end, though YARP leaves it out.
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, upgradeInsecure.ToString());
        }
        SetForwarded(httpContext, exchange.Listener.Settings.Trusted, proxyRequest.Headers);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        }
        RefuseUnclearLength(proxyResponse);
        var exchange = httpContext.Features.Get<Exchange>()!;
        var status = (int)proxyResponse.StatusCode;
        exchange.Attempt!.Answered();
        exchange.Dispatch.Answered(status);
        if (exchange.Dispatch.Snapshot!.Policy.Retry.OnStatuses.Contains(status))
        {
            if (exchange.Dispatch.TryAnother(status, Repeatable.Is(httpContext, exchange), time))
            {
                exchange.Attempt.IsDiscarded = true;
                return false;
            }
            exchange.Body?.Release();
        }
        exchange.Pass?.Answered(AttemptFailures.OutcomeOf(status));
        if (proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols || proxyResponse.RequestMessage?.Method == HttpMethod.Connect)
        {
            // What a request may take is over; a tunnel has a time of its own.
            exchange.Deadline?.CancelAfter(exchange.Dispatch.Snapshot.Policy.Timeouts.Lifetime ?? Timeout.InfiniteTimeSpan);
        }
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        var headers = httpContext.Response.Headers;
        if (proxyResponse.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var nominating))
        {
            foreach (var name in Nominated(nominating))
            {
                headers.Remove(name);
            }
        }
        if (proxyResponse.Headers.NonValidated.TryGetValues(HeaderNames.AltSvc, out var alternatives))
        {
            // The service's own word on where else it is, though YARP leaves it out.
            headers.AltSvc = alternatives.ToString();
        }
        if (httpContext.Features.Get<IHttpResponseTrailersFeature>() is null)
        {
            // They cannot go on to this client.
            headers.Remove(HeaderNames.Trailer);
        }
        if (exchange.Dispatch.NewToken is { } token)
        {
            StickyCookies.Set(httpContext, exchange.Dispatch.Sticky!, token, exchange.Listener.Settings.Trusted);
        }
        if (forward)
        {
            Closing.Announce(httpContext);
            if (IsStream(httpContext, proxyResponse))
            {
                // Its head goes on now, not with its first byte, which may be a long time coming.
                await httpContext.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        return forward;
    }

    public override async ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        httpContext.Features.Get<Exchange>()!.Attempt!.IsComplete = true;
    }

    /// <summary>True for an answer whose length is not known yet. One of gRPC that is only a head says so by its status there and must end with it.</summary>
    private static bool IsStream(HttpContext context, HttpResponseMessage response) =>
        response.StatusCode >= HttpStatusCode.OK && response.Content.Headers.ContentLength is null
        && !HttpMethods.IsHead(context.Request.Method) && !response.Headers.NonValidated.Contains("grpc-status");

    /// <summary>
    /// HttpClient takes an answer with a coding that it does not know as it is, and with both lengths (RFC 9112 section 6.3)
    /// by one of them: what it means is not certain, so it goes no further.
    /// </summary>
    private static void RefuseUnclearLength(HttpResponseMessage response)
    {
        if (response.Version.Major == 1 && response.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var codings)
            && (!codings.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase) || response.Content.Headers.NonValidated.Contains(HeaderNames.ContentLength)))
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, "the length of the answer's body is not clear");
        }
    }

    private static void RemoveNominated(IEnumerable<string?> connection, HttpRequestHeaders headers, HttpContentHeaders? contentHeaders)
    {
        foreach (var name in Nominated(connection))
        {
            if (IsToken(name) && !name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase))
            {
                _ = headers.NonValidated.Contains(name) && headers.Remove(name);
                // A client that nominates Content-Length does not get to change where its body ends.
                if (contentHeaders is not null && contentHeaders.NonValidated.Contains(name) && !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
                {
                    contentHeaders.Remove(name);
                }
            }
        }
    }

    /// <summary>The fields that a Connection field names: they are for this hop only (RFC 9110 section 7.6.1).</summary>
    private static IEnumerable<string> Nominated(IEnumerable<string?> connection) =>
        connection.SelectMany(static value => value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []);

    private static bool IsToken(string name) => !name.AsSpan().ContainsAny(s_delimiters);

    /// <summary>
    /// A trusted peer is a proxy of ours: what it says of the client is kept and its own address added. What anybody else
    /// says about itself is replaced by what is seen.
    /// </summary>
    private static void SetForwarded(HttpContext context, TrustedNetworks trusted, HttpRequestHeaders headers)
    {
        var peer = context.Connection.RemoteIpAddress;
        var isTrusted = trusted.Contains(peer);
        if (peer is { IsIPv4MappedToIPv6: true })
        {
            peer = peer.MapToIPv4();
        }
        var former = isTrusted ? context.Request.Headers[XForwardedFor].ToString() : "";
        headers.Remove(XForwardedFor);
        if (peer is not null)
        {
            headers.TryAddWithoutValidation(XForwardedFor, former.Length == 0 ? peer.ToString() : $"{former}, {peer}");
        }
        if (!isTrusted)
        {
            headers.Remove(Forwarded);
        }
        SetUnlessTrusted(XForwardedProto, context.Request.Scheme);
        SetUnlessTrusted(XForwardedHost, context.Request.Host.Value);

        void SetUnlessTrusted(string name, string? value)
        {
            if (!isTrusted || !headers.NonValidated.Contains(name))
            {
                headers.Remove(name);
                if (!string.IsNullOrEmpty(value))
                {
                    headers.TryAddWithoutValidation(name, value);
                }
            }
        }
    }
}
