using System.Threading.Tasks.Sources;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Listeners;

/// <summary>The wait of one request for a place, as a task: true when it was granted, false when it expired or left.</summary>
internal sealed class PlaceWait : IWaiter, IValueTaskSource<bool>
{
    // The one who gives a place back must not run the request that gets it.
    private ManualResetValueTaskSourceCore<bool> _result = new() { RunContinuationsAsynchronously = true };

    public void Granted() => _result.SetResult(true);

    public void Expired() => _result.SetResult(false);

    /// <summary>Waits for the end of the wait that the entry has begun, or leaves when <paramref name="gone"/> says so.</summary>
    public async ValueTask<bool> InAsync(WaitQueue queue, QueueEntry entry, CancellationToken gone)
    {
        using (gone.UnsafeRegister(_ => Leave(queue, entry), null))
        {
            return await new ValueTask<bool>(this, _result.Version).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves the queue unless a place was granted or the wait has expired.</summary>
    private void Leave(WaitQueue queue, QueueEntry entry)
    {
        if (queue.Cancel(entry))
        {
            // No callback comes any more.
            _result.SetResult(false);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _result.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);
}
