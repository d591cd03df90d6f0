using System.Runtime.CompilerServices;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Http.Mirroring;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;
using Endpoint = LoadBalancer.Core.Model.Endpoint;

namespace LoadBalancer.Http;

/// <summary>
/// Answers one HTTP request: finds the service, leases an endpoint, lets YARP's forwarder carry the bytes, and tries
/// another endpoint when that is safe.
/// </summary>
internal sealed partial class HttpProxy(Catalog catalog, Func<Router> router, Func<bool> allSourcesSpoke, IHttpForwarder forwarder, HttpMessageInvoker client, Mirrors mirrors, TimeProvider time, ILogger<HttpProxy> logger)
{
    private readonly ConditionalWeakTable<ServicePolicy, RequestConfigs> _requestConfigs = [];
    private readonly ForwardingTransformer _transformer = new(time);

    public async Task HandleAsync(HttpContext context)
    {
        var connection = context.Features.Get<ClientConnection>()!;
        if (connection.IsAborted)
        {
            return;
        }
        var exchange = new Exchange(context.Features.Get<Listener>()!, connection);
        context.Features.Set(exchange);
        if (RequestFraming.Problem(context.Request) is { } problem)
        {
            await Answers.RefuseAsync(context, problem.Status, problem.Text).ConfigureAwait(false);
            return;
        }
        if (HttpMethods.IsOptions(context.Request.Method) && context.Features.Get<IHttpRequestFeature>()?.RawTarget == "*")
        {
            // About the server as a whole (RFC 9110 section 9.3.7), and that is this one.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            Closing.Announce(context);
            return;
        }
        if (HttpMethods.IsConnect(context.Request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            await Answers.NoTunnelAsync(context).ConfigureAwait(false);
            return;
        }
        await RouteAsync(context, exchange).ConfigureAwait(false);
    }

    /// <summary>Finds the service. What only borrows from the request (the tag of its host) does not outlive this.</summary>
    private Task RouteAsync(HttpContext context, Exchange exchange)
    {
        var request = context.Request;
        var lookup = new RequestLookup(context, exchange.Listener.Settings.Trusted);
        var match = router().Match(new RouteRequest(request.Host.Value, request.Path.Value, request.Method, lookup) { Keys = lookup });
        var service = match.Service;
        if (!match.IsMatch)
        {
            if (exchange.Listener.Settings.Service is not { } otherwise)
            {
                // Before every source has spoken, nobody can say that there is no such service.
                return allSourcesSpoke() ? Answers.UnknownHostAsync(context) : Answers.RefusedAsync(context, Refusal.NotReady);
            }
            service = catalog.Find(otherwise);
        }
        if (service is null)
        {
            return Answers.RefusedAsync(context, Refusal.NoEndpoint);
        }
        service.CountRequest();
        var tag = match.Tag;
        if (service.Snapshot.FallsBack && !HasSession(context, service.Snapshot, tag) && Fallbacks.Find(service, catalog, ref tag) is var other && other != service)
        {
            service = other;
            service.CountRequest();
        }
        exchange.Mirror = match.Mirror;
        exchange.Dispatch.Begin(service, tag, time.GetTimestamp());
        return service.Guard is { } guard ? ForwardGuardedAsync(context, exchange, guard, tag.ToString()) : ForwardAsync(context, exchange);
    }

    /// <summary>True for a client whose cookie names an endpoint that still keeps its sessions: no fallback knows them.</summary>
    private static bool HasSession(HttpContext context, ServiceSnapshot snapshot, ReadOnlySpan<char> tag) =>
        snapshot.Sticky is { } sticky && StickyCookies.Read(context.Request, sticky) is { } token && sticky.Find(token, tag.ToString()) is not null;

    private async Task ForwardGuardedAsync(HttpContext context, Exchange exchange, ServiceGuard guard, string tag)
    {
        if (guard.RateLimit is { } rate && !RequestRate.TryAcquire(rate, context, exchange.Listener.Settings.Trusted, time.GetTimestamp(), out var retryAfter))
        {
            await Answers.RefusedAsync(context, Refusal.RateLimited, retryAfter).ConfigureAwait(false);
            return;
        }
        using var pass = exchange.Pass = new GuardPass(guard, time);
        var answer = await pass.EnterAsync(context.RequestAborted).ConfigureAwait(false);
        if (answer is null)
        {
            return;
        }
        if (answer != GuardAnswer.Admitted)
        {
            await Answers.RefusedAsync(context, Refusal.Of(answer.Value), pass.RetryAfter).ConfigureAwait(false);
            return;
        }
        exchange.Dispatch.Begin(exchange.Dispatch.Service!, tag, time.GetTimestamp());
        await ForwardAsync(context, exchange).ConfigureAwait(false);
    }

    private async Task ForwardAsync(HttpContext context, Exchange exchange)
    {
        if (exchange.Dispatch.HashOn is { } key)
        {
            exchange.Dispatch.Hash = RequestKey.HashOf(context, key, exchange.Listener.Settings.Trusted);
        }
        if (exchange.Dispatch.Sticky is { } sticky)
        {
            exchange.Dispatch.Token = StickyCookies.Read(context.Request, sticky);
        }
        // Before the replay, so that a body that is sent twice is copied once.
        using var copy = exchange.Mirror is { } mirror ? mirrors.TryCopy(context, exchange, mirror) : null;
        var policy = exchange.Dispatch.Snapshot!.Policy;
        exchange.AsksForTunnel = AsksForTunnel(context);
        using var deadline = exchange.Deadline = DeadlineOf(policy.Timeouts, exchange.AsksForTunnel);
        using var body = exchange.Body = ReplayBody.For(context, policy.Retry);
        if (body is null && copy is null && !exchange.AsksForTunnel && Repeatable.HasBody(context))
        {
            ClientBody.Wrap(context.Request);
        }
        var failure = AttemptFailure.None;
        try
        {
            while (await NextAsync(context, exchange).ConfigureAwait(false) is { } endpoint)
            {
                failure = await TryAsync(context, exchange, endpoint).ConfigureAwait(false);
                var isDiscarded = exchange.Attempt!.IsDiscarded;
                if ((failure == AttemptFailure.None && !isDiscarded) || context.Response.HasStarted || IsAbandoned(context, exchange))
                {
                    exchange.Dispatch.End(failure.Outcome());
                    return;
                }
                if (!isDiscarded && !exchange.Dispatch.TryAgain(failure, Repeatable.Is(context, exchange), time))
                {
                    break;
                }
            }
        }
        finally
        {
            // Only what an exception leaves behind.
            exchange.Dispatch.End(LeaseOutcome.Canceled);
        }
        // Without an endpoint to ask nothing was learned.
        exchange.Pass?.Answered(failure == AttemptFailure.None ? LeaseOutcome.Canceled : failure.Outcome());
        if (!IsAbandoned(context, exchange))
        {
            await Answers.RefusedAsync(context, ForwarderErrors.RefusalOf(context, exchange, failure)).ConfigureAwait(false);
        }
    }

    /// <summary>The endpoint to try now, after a wait if all are full; null when there is none.</summary>
    private ValueTask<Endpoint?> NextAsync(HttpContext context, Exchange exchange)
    {
        var endpoint = exchange.Dispatch.Next();
        return endpoint is null && exchange.Dispatch.IsFull ? WaitAsync(context, exchange) : ValueTask.FromResult(endpoint);
    }

    private async ValueTask<Endpoint?> WaitAsync(HttpContext context, Exchange exchange)
    {
        var wait = new PlaceWait();
        var entry = new EndpointEntry(wait);
        if (exchange.Dispatch.Wait(entry, time.GetTimestamp()) != QueueAnswer.Waiting)
        {
            return exchange.Dispatch.Endpoint;
        }
        // What waits longer than the whole request may take would get a place only to give it back.
        using var over = exchange.Deadline is { } deadline ? CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, deadline.Token) : null;
        var granted = await wait.InAsync(exchange.Dispatch.Service!.EndpointQueue!, entry, over?.Token ?? context.RequestAborted).ConfigureAwait(false);
        return exchange.Dispatch.Resume(entry, granted, time.GetTimestamp());
    }

    private async Task<AttemptFailure> TryAsync(HttpContext context, Exchange exchange, Endpoint endpoint)
    {
        // What a failed attempt left behind.
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        exchange.Body?.Rewind();
        var policy = exchange.Dispatch.Snapshot!.Policy;
        var request = exchange.Deadline?.Token ?? CancellationToken.None;
        // The idle timeout covers it, but for a tunnel, whose is another one.
        var firstByte = (policy.Timeouts.FirstByte ?? (exchange.AsksForTunnel ? policy.Timeouts.Idle : null)) is { } limit ? new FirstByteLimit(limit, time, request) : null;
        using var attempt = exchange.Attempt = new Attempt(policy.Timeouts, firstByte) { Hedged = MayBeHedged(context, exchange) ? exchange : null };
        var config = _requestConfigs.GetValue(policy, static policy => new RequestConfigs(policy)).For(exchange.AsksForTunnel);
        var error = await forwarder.SendAsync(context, endpoint.HttpPrefix, ClientFor(context, policy), config, _transformer, firstByte?.Token ?? request).ConfigureAwait(false);
        if (error == ForwarderError.None || attempt.IsComplete)
        {
            return AttemptFailure.None;
        }
        LogFailed(logger, endpoint.Service.Name, endpoint, error, context.GetForwarderErrorFeature()?.Exception?.Message);
        if (ForwarderErrors.IsClientLost(context))
        {
            // Kestrel sees it a moment later, and would try in the meantime to take the rest of the body from there.
            context.Abort();
        }
        return ForwarderErrors.FailureOf(error, context, exchange);
    }

    /// <summary>What ends the request in time: a limit of its own, or one that begins to count when it becomes a tunnel.</summary>
    private CancellationTokenSource? DeadlineOf(TimeoutOptions timeouts, bool asksForTunnel)
    {
        var limit = timeouts.Request ?? (asksForTunnel && timeouts.Lifetime is not null ? Timeout.InfiniteTimeSpan : null as TimeSpan?);
        return limit is null ? null : new CancellationTokenSource(limit.Value, time);
    }

    /// <summary>True when the client has left: nothing is done for it any more. Its token says so a moment after its connection.</summary>
    private static bool IsAbandoned(HttpContext context, Exchange exchange) => exchange.Connection.IsAborted || context.RequestAborted.IsCancellationRequested;

    /// <summary>Connections that name whom they are for are shared with nobody else.</summary>
    private HttpMessageInvoker ClientFor(HttpContext context, ServicePolicy policy) =>
        policy.SendProxyProtocol == ProxyProtocolVersion.Off ? client : context.Features.Get<OwnConnections>()!.For(policy.SendProxyProtocol);

    private static bool MayBeHedged(HttpContext context, Exchange exchange) =>
        exchange.Dispatch.Service!.RetryState?.Hedge is not null && !exchange.AsksForTunnel && !Repeatable.HasBody(context) && Repeatable.IsIdempotent(context);

    /// <summary>True for what the forwarder makes a tunnel of: an extended CONNECT (RFC 8441; no other gets here), or an upgrade to WebSocket or SPDY.</summary>
    private static bool AsksForTunnel(HttpContext context) =>
        HttpMethods.IsConnect(context.Request.Method)
        || (context.Request.Headers.Upgrade is { Count: > 0 } upgrade && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && (upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase) || upgrade.ToString().StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase)));

    [LoggerMessage(Level = LogLevel.Debug, Message = "service {Service}: {Endpoint} failed: {Error}: {Detail}")]
    private static partial void LogFailed(ILogger logger, string service, Endpoint endpoint, ForwarderError error, string? detail);
}
