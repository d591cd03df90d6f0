using System.Runtime.CompilerServices;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
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
internal sealed partial class HttpProxy(Catalog catalog, Func<Router> router, Func<bool> allSourcesSpoke, IHttpForwarder forwarder, HttpMessageInvoker client, TimeProvider time, ILogger<HttpProxy> logger)
{
    private readonly ConditionalWeakTable<ServicePolicy, ForwarderRequestConfig> _requestConfigs = [];

    public async Task HandleAsync(HttpContext context)
    {
        var exchange = Route(context);
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
        if (exchange.ServiceName is null)
        {
            // Before every source has spoken, nobody can say that there is no such service.
            await (allSourcesSpoke() ? Answers.UnknownHostAsync(context) : Answers.NotReadyAsync(context)).ConfigureAwait(false);
            return;
        }
        exchange.Service?.CountRequest();
        if (exchange.Service?.Guard is { } guard)
        {
            await ForwardGuardedAsync(context, exchange, guard).ConfigureAwait(false);
        }
        else
        {
            await ForwardAsync(context, exchange, null).ConfigureAwait(false);
        }
    }

    private async Task ForwardGuardedAsync(HttpContext context, Exchange exchange, ServiceGuard guard)
    {
        if (guard.RateLimit is { } rate && !TryAcquire(rate, context, exchange, out var retryAfter))
        {
            await Answers.RefusedAsync(context, GuardAnswer.RateLimited, retryAfter).ConfigureAwait(false);
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
            await Answers.RefusedAsync(context, answer.Value, pass.RetryAfter).ConfigureAwait(false);
            return;
        }
        guard.RetryBudget?.Deposit(time.GetTimestamp());
        exchange.Refresh();
        await ForwardAsync(context, exchange, guard.RetryBudget).ConfigureAwait(false);
    }

    private bool TryAcquire(ServiceRateLimit rate, HttpContext context, Exchange exchange, out TimeSpan retryAfter)
    {
        var now = time.GetTimestamp();
        return rate.Per.Key == RateLimitKey.Header
            ? rate.TryAcquire(context.Request.Headers[rate.Per.Header].ToString().AsSpan(), now, out retryAfter)
            : rate.TryAcquire(ClientAddress.Of(context, exchange.Listener.Settings.Trusted), now, out retryAfter);
    }

    private Exchange Route(HttpContext context)
    {
        var exchange = new Exchange(context.Features.Get<Listener>()!);
        var request = context.Request;
        var match = router().Match(new RouteRequest(request.Host.Value, request.Path.Value, request.Method, new HeaderLookup(request.Headers)));
        var service = match.Service;
        var name = match.ServiceName;
        if (!match.IsMatch && exchange.Listener.Settings.Service is { } otherwise)
        {
            service = catalog.Find(otherwise);
            name = otherwise;
        }
        exchange.ServiceName = name;
        exchange.Service = service;
        exchange.Snapshot = service?.Snapshot;
        exchange.Tag = service?.Guard is null ? "" : match.Tag.ToString();
        exchange.Picker = exchange.Snapshot?.PickerFor(match.Tag);
        if (exchange.Picker?.HashOn is { } key)
        {
            exchange.Tried.Hash = RequestKey.HashOf(context, key, exchange.Listener.Settings.Trusted);
        }
        context.Features.Set(exchange);
        return exchange;
    }

    private async Task ForwardAsync(HttpContext context, Exchange exchange, RetryBudget? budget)
    {
        var started = time.GetTimestamp();
        var repeats = 0;
        // Without an endpoint to ask nothing was learned.
        var last = LeaseOutcome.Canceled;
        var endpoint = Pick(exchange);
        while (endpoint is not null)
        {
            // What a failed attempt left behind.
            context.Response.Clear();
            context.Features.Set<IForwarderErrorFeature>(null);
            var policy = exchange.Snapshot!.Policy;
            var (error, exception, outcome) = await TryAsync(context, exchange, endpoint, policy).ConfigureAwait(false);
            if (error == ForwarderError.None)
            {
                return;
            }
            LogFailed(logger, exchange.ServiceName!, endpoint, error, exception?.Message);
            if (!exchange.Tried.IsExcluded(endpoint))
            {
                exchange.Tried.Exclude(endpoint);
            }
            exchange.LastError = error;
            last = outcome;
            if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }
            var mayGoOn = outcome == LeaseOutcome.ConnectFailed
                ? Attempts.MayConnectAgain(exchange.Tried.Count, time.GetElapsedTime(started), policy)
                : ForwarderErrors.MayRepeat(context, error, exception) && repeats++ < policy.Retries && budget?.TryWithdraw(time.GetTimestamp()) != false;
            if (!mayGoOn)
            {
                break;
            }
            // The only endpoint may have closed a kept connection just when the request came: it is asked once more.
            endpoint = Pick(exchange) ?? (outcome == LeaseOutcome.ConnectFailed ? null : endpoint);
        }
        exchange.Pass?.Answered(last);
        await Answers.FailedAsync(context, exchange.LastError).ConfigureAwait(false);
    }

    private static Endpoint? Pick(Exchange exchange) => exchange.Picker?.Pick(ref exchange.Tried)?.Endpoint;

    private async Task<(ForwarderError Error, Exception? Exception, LeaseOutcome Outcome)> TryAsync(HttpContext context, Exchange exchange, Endpoint endpoint, ServicePolicy policy)
    {
        exchange.Lease = Lease.Begin(endpoint);
        exchange.FirstField = null;
        var outcome = LeaseOutcome.Failed;
        try
        {
            var error = await forwarder.SendAsync(context, endpoint.HttpPrefix, client, RequestConfigOf(policy), ForwardingTransformer.Instance).ConfigureAwait(false);
            var exception = error == ForwarderError.None ? null : context.GetForwarderErrorFeature()?.Exception;
            outcome = ForwarderErrors.OutcomeOf(error, exception);
            return (error, exception, outcome);
        }
        finally
        {
            exchange.Lease.End(outcome);
        }
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
