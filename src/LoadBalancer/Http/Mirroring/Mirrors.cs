using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Http.Mirroring;

/// <summary>
/// Sends copies of requests to another service and throws the answers away. The original waits for nothing here: its thread
/// copies the head, and the body as it is read anyway; everything else runs on its own.
/// </summary>
internal sealed partial class Mirrors(HttpMessageInvoker client, TimeProvider time, ILogger<Mirrors> logger) : IAsyncDisposable
{
    /// <summary>Tells who gets a copy that it is one.</summary>
    private const string Mark = "X-Lb-Mirror";

    private readonly ForwardingTransformer _transformer = new(time);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // The copies that are being sent, and one until it is stopped.
    private int _running = 1;

    /// <summary>
    /// Begins to copy a request that is about to be forwarded; null when it is not copied. Dispose the copy when the
    /// original is over. Must come before anything else that reads the body, so that what is read twice is copied once.
    /// </summary>
    public MirrorCopy? TryCopy(HttpContext context, Exchange original, RouteMirror mirror)
    {
        if (IsTunnel(context) || !mirror.TryBegin(out var service))
        {
            return null;
        }
        try
        {
            if (Copy(context, original, mirror.Settings, service) is { } copy)
            {
                return copy;
            }
        }
        catch (Exception e) when (e is UriFormatException or FormatException or InvalidOperationException)
        {
            // What cannot be forwarded cannot be copied; the original gets its answer from the forwarder.
            LogNotCopied(logger, service.Name, e.Message);
        }
        service.Mirrored.End(isSent: false);
        return null;
    }

    /// <summary>Cuts what runs: nobody waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        EndOne();
        await _ended.Task.ConfigureAwait(false);
    }

    private MirrorCopy? Copy(HttpContext context, Exchange original, MirrorSettings settings, Service service)
    {
        var request = context.Request;
        var trusted = original.Listener.Settings.Trusted;
        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };
        if ((hasBody && request.ContentLength > settings.MaxBody)
            || (service.Guard?.RateLimit is { } rate && !RequestRate.TryAcquire(rate, context, trusted, time.GetTimestamp(), out _)))
        {
            return null;
        }
        var content = hasBody ? new MirrorContent(settings.MaxBody) : null;
        var message = new HttpRequestMessage(new HttpMethod(request.Method), (Uri?)null) { Content = content };
        var exchange = new Exchange(original.Listener, original.Connection);
        exchange.Dispatch.Begin(service, settings.Tag, time.GetTimestamp());
        if (exchange.Dispatch.HashOn is { } key)
        {
            exchange.Dispatch.Hash = RequestKey.HashOf(context, key, trusted);
        }
        // Reads the head and completes at once. The endpoint is chosen when the copy is sent.
        _transformer.TransformRequestAsync(context, message, "http://mirror/", CancellationToken.None).AsTask().GetAwaiter().GetResult();
        // All of it is there when it is sent.
        message.Headers.Remove("Expect");
        message.Headers.TryAddWithoutValidation(Mark, "1");
        var copy = new MirrorCopy(service, message, content, Send)
        {
            RawTarget = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            Tag = settings.Tag ?? "",
            Exchange = exchange,
            Header = context.Features.Get<OwnConnections>()!.Header,
        };
        if (hasBody)
        {
            request.Body = new MirroredBody(request.BodyReader, copy);
        }
        else
        {
            copy.Complete();
        }
        return copy;
    }

    private void Send(MirrorCopy copy)
    {
        Interlocked.Increment(ref _running);
        // Off the original's thread.
        _ = Task.Run(() => SendAsync(copy));
    }

    private async Task SendAsync(MirrorCopy copy)
    {
        var isSent = false;
        using var message = copy.Message;
        using var pass = copy.Service.Guard is { } guard ? new GuardPass(guard, time) : null;
        try
        {
            if (pass is null || await pass.EnterAsync(_stop.Token).ConfigureAwait(false) == GuardAnswer.Admitted)
            {
                isSent = await AskAsync(copy, pass).ConfigureAwait(false);
            }
        }
        finally
        {
            copy.Service.Mirrored.End(isSent);
            EndOne();
        }
    }

    /// <summary>One attempt; true when there was an answer.</summary>
    private async Task<bool> AskAsync(MirrorCopy copy, GuardPass? pass)
    {
        var exchange = copy.Exchange;
        exchange.Dispatch.Begin(copy.Service, copy.Tag, time.GetTimestamp());
        if (exchange.Dispatch.Next() is not { } endpoint)
        {
            return false;
        }
        copy.Service.CountRequest();
        var policy = exchange.Dispatch.Snapshot!.Policy;
        // Also what nobody foresaw says nothing about the endpoint.
        var failure = AttemptFailure.Client;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        // In all: nobody waits for the answer, so it need not be told from one that is slow.
        using var timer = time.CreateTimer(static limit => ((CancellationTokenSource)limit!).Cancel(), limit, policy.Timeouts.Idle, Timeout.InfiniteTimeSpan);
        try
        {
            var message = copy.Message;
            message.Options.Set(UpstreamClient.AttemptKey, new Attempt(policy.Timeouts, null));
            message.RequestUri = RequestTarget.Of(copy.RawTarget, endpoint.HttpPrefix);
            message.Version = policy.Protocol == UpstreamProtocol.H2c ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            // A connection that names the client is for this copy alone.
            using var own = policy.SendProxyProtocol == ProxyProtocolVersion.Off ? null : UpstreamClient.Create(time, policy.SendProxyProtocol, copy.Header);
            using var answer = await (own ?? client).SendAsync(message, limit.Token).ConfigureAwait(false);
            exchange.Dispatch.Answered((int)answer.StatusCode);
            pass?.Answered(AttemptFailures.OutcomeOf((int)answer.StatusCode));
            await answer.Content.CopyToAsync(Stream.Null, limit.Token).ConfigureAwait(false);
            failure = AttemptFailure.None;
        }
        catch (OperationCanceledException)
        {
            failure = _stop.IsCancellationRequested ? AttemptFailure.Client : AttemptFailure.Timeout;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            failure = ForwarderErrors.FailureOf(e);
            LogFailed(logger, copy.Service.Name, endpoint.Address, e.Message);
        }
        finally
        {
            exchange.Dispatch.End(failure.Outcome());
        }
        pass?.Answered(failure.Outcome());
        return failure == AttemptFailure.None;
    }

    /// <summary>What may become a tunnel has no answer that ends.</summary>
    private static bool IsTunnel(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private void EndOne()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ended.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "mirror {Service}: a request could not be copied: {Error}")]
    private static partial void LogNotCopied(ILogger logger, string service, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "mirror {Service}: {Endpoint} failed: {Error}")]
    private static partial void LogFailed(ILogger logger, string service, string endpoint, string error);
}
