using System.Runtime.CompilerServices;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
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
    private readonly ConditionalWeakTable<ServicePolicy, ForwarderRequestConfig> _requestConfigs = [];

    public async Task HandleAsync(HttpContext context)
    {
        var exchange = new Exchange(context.Features.Get<Listener>()!);
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
        if (service.Snapshot.FallsBack && Fallbacks.Find(service, catalog, ref tag) is var other && other != service)
        {
            service = other;
            service.CountRequest();
        }
        exchange.Mirror = match.Mirror;
        exchange.Dispatch.Begin(service, tag, time.GetTimestamp());
        return service.Guard is { } guard ? ForwardGuardedAsync(context, exchange, guard, tag.ToString()) : ForwardAsync(context, exchange);
    }

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
        var now = time.GetTimestamp();
        guard.RetryBudget?.Deposit(now);
        exchange.Dispatch.Begin(exchange.Dispatch.Service!, tag, now);
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
        using var copy = exchange.Mirror is { } mirror ? mirrors.TryCopy(context, exchange, mirror) : null;
        var failure = AttemptFailure.None;
        try
        {
            while (exchange.Dispatch.Next() is { } endpoint)
            {
                failure = await TryAsync(context, exchange, endpoint).ConfigureAwait(false);
                if (failure == AttemptFailure.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                {
                    exchange.Dispatch.End(failure.Outcome());
                    return;
                }
                if (!exchange.Dispatch.TryAgain(failure, ForwarderErrors.IsRepeatable(context), time))
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
        await Answers.RefusedAsync(context, ForwarderErrors.RefusalOf(context, failure)).ConfigureAwait(false);
    }

    private async Task<AttemptFailure> TryAsync(HttpContext context, Exchange exchange, Endpoint endpoint)
    {
        // What a failed attempt left behind.
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        exchange.FirstField = null;
        var config = RequestConfigOf(exchange.Dispatch.Snapshot!.Policy);
        var error = await forwarder.SendAsync(context, endpoint.HttpPrefix, client, config, ForwardingTransformer.Instance).ConfigureAwait(false);
        if (error == ForwarderError.None)
        {
            return AttemptFailure.None;
        }
        var exception = context.GetForwarderErrorFeature()?.Exception;
        LogFailed(logger, endpoint.Service.Name, endpoint, error, exception?.Message);
        return ForwarderErrors.FailureOf(error, exception);
    }

    private ForwarderRequestConfig RequestConfigOf(ServicePolicy policy) => _requestConfigs.GetValue(policy, static policy => new ForwarderRequestConfig
    {
        ActivityTimeout = policy.IdleTimeout,
        Version = policy.Protocol == UpstreamProtocol.H2c ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        AllowResponseBuffering = false,
    });

    [LoggerMessage(Level = LogLevel.Debug, Message = "service {Service}: {Endpoint} failed: {Error}: {Detail}")]
    private static partial void LogFailed(ILogger logger, string service, Endpoint endpoint, ForwarderError error, string? detail);
}
