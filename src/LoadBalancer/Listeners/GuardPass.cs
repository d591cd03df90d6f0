using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Listeners;

/// <summary>One request's or connection's way past the guard of its service, for engines that wait with tasks.</summary>
internal sealed class GuardPass(ServiceGuard guard, TimeProvider time) : IDisposable
{
    private Admission _admission;

    /// <summary>How long until it makes sense to come again; zero when not known.</summary>
    public TimeSpan RetryAfter { get; private set; }

    /// <summary>Asks to be let in, and waits if need be; null when the client left meanwhile.</summary>
    public async ValueTask<GuardAnswer?> EnterAsync(CancellationToken gone)
    {
        var wait = new PlaceWait();
        var entry = new QueueEntry(wait);
        var answer = guard.Arrive(ref _admission, entry, time.GetTimestamp(), out var retryAfter);
        if (answer == GuardAnswer.Waiting)
        {
            var granted = await wait.InAsync(guard.Queue!, entry, gone).ConfigureAwait(false);
            if (!granted)
            {
                return gone.IsCancellationRequested ? null : GuardAnswer.QueueTimeout;
            }
            answer = guard.Resume(ref _admission, time.GetTimestamp(), out retryAfter);
        }
        RetryAfter = retryAfter;
        return answer;
    }

    /// <inheritdoc cref="Admission.Answered"/>
    public void Answered(LeaseOutcome outcome) => _admission.Answered(outcome, time.GetTimestamp());

    /// <summary>Gives everything back. A request that was not answered before says nothing about the service.</summary>
    public void Dispose() => _admission.End(LeaseOutcome.Canceled, time.GetTimestamp());
}
