using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Http;

/// <summary>
/// Sends a request that waits too long for its answer to a second endpoint, too, and passes on the first good answer. It
/// is done below the forwarder, which cannot run two attempts for one client.
/// </summary>
internal sealed class HedgingHandler(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Options.TryGetValue(UpstreamClient.AttemptKey, out var attempt) && attempt.Hedged is { } exchange
            ? MeasureAsync(request, exchange, cancellationToken)
            : base.SendAsync(request, cancellationToken);

    private async Task<HttpResponseMessage> MeasureAsync(HttpRequestMessage request, Exchange exchange, CancellationToken stop)
    {
        var delay = exchange.Dispatch.Service!.RetryState?.Hedge;
        var begun = time.GetTimestamp();
        var answer = delay?.Read(begun) is { } wait
            ? await HedgeAsync(request, exchange, wait, stop).ConfigureAwait(false)
            : await base.SendAsync(request, stop).ConfigureAwait(false);
        delay?.Record(time.GetElapsedTime(begun));
        return answer;
    }

    private async Task<HttpResponseMessage> HedgeAsync(HttpRequestMessage request, Exchange exchange, TimeSpan wait, CancellationToken stop)
    {
        var first = Start(request, stop);
        await ((Task)first.Answer).WaitAsync(wait, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.Answer.IsCompleted || exchange.Dispatch.TryHedge(time) is not { } hedge)
        {
            using (first.Stop)
            {
                return await first.Answer.ConfigureAwait(false);
            }
        }
        try
        {
            var second = Start(CopyOf(request, exchange, hedge.Endpoint), stop);
            if (await Task.WhenAny(first.Answer, second.Answer).ConfigureAwait(false) is var done && !IsGood(done, exchange))
            {
                await Task.WhenAny(done == first.Answer ? second.Answer : first.Answer).ConfigureAwait(false);
            }
            var (winner, loser) = RankOf(second.Answer, exchange) > RankOf(first.Answer, exchange) ? (second, first) : (first, second);
            var outcome = OutcomeOf(loser.Answer);
            if (winner == second)
            {
                if (loser.Answer.IsCompletedSuccessfully)
                {
                    exchange.Dispatch.Answered((int)loser.Answer.Result.StatusCode);
                }
                exchange.Dispatch.Take(hedge, outcome);
            }
            else
            {
                if (loser.Answer.IsCompletedSuccessfully)
                {
                    hedge.Answered(exchange.Dispatch.Snapshot!.Policy.Outliers.IsError((int)loser.Answer.Result.StatusCode));
                }
                hedge.End(outcome);
            }
            _ = DiscardAsync(loser);
            using (winner.Stop)
            {
                return await winner.Answer.ConfigureAwait(false);
            }
        }
        finally
        {
            // Only what an exception leaves behind.
            hedge.End(LeaseOutcome.Canceled);
        }
    }

    private Sending Start(HttpRequestMessage request, CancellationToken stop)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        return new Sending(base.SendAsync(request, source.Token), source);
    }

    private static HttpRequestMessage CopyOf(HttpRequestMessage request, Exchange exchange, Endpoint endpoint)
    {
        var copy = new HttpRequestMessage(request.Method, RequestTarget.Of(request.RequestUri!.OriginalString, endpoint.HttpPrefix))
        {
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            foreach (var value in values)
            {
                copy.Headers.TryAddWithoutValidation(name, value);
            }
        }
        copy.Options.Set(UpstreamClient.AttemptKey, new Attempt(exchange.Dispatch.Snapshot!.Policy.Timeouts, null));
        return copy;
    }

    private static bool IsGood(Task<HttpResponseMessage> answer, Exchange exchange) => RankOf(answer, exchange) == 2;

    /// <summary>2 for a good answer, 1 for one that is a failure of the service, 0 for none.</summary>
    private static int RankOf(Task<HttpResponseMessage> answer, Exchange exchange)
    {
        if (!answer.IsCompletedSuccessfully)
        {
            return 0;
        }
        var status = (int)answer.Result.StatusCode;
        return AttemptFailures.OutcomeOf(status) == LeaseOutcome.Succeeded && !exchange.Dispatch.Snapshot!.Policy.Retry.OnStatuses.Contains(status) ? 2 : 1;
    }

    /// <summary>What the loser says about its endpoint: nothing, when it was still waiting.</summary>
    private static LeaseOutcome OutcomeOf(Task<HttpResponseMessage> answer) =>
        answer.IsCompletedSuccessfully ? LeaseOutcome.Succeeded
        : answer.Exception?.InnerException is { } exception ? ForwarderErrors.FailureOf(exception).Outcome()
        : LeaseOutcome.Canceled;

    private static async Task DiscardAsync(Sending loser)
    {
        using var source = loser.Stop;
        await source.CancelAsync().ConfigureAwait(false);
        await ((Task)loser.Answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loser.Answer.IsCompletedSuccessfully)
        {
            loser.Answer.Result.Dispose();
        }
    }

    private sealed record Sending(Task<HttpResponseMessage> Answer, CancellationTokenSource Stop);
}
