using System.Threading.Tasks.Sources;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Listeners;

/// <summary>The wait of one request for a place, as a task: true when it was granted, false when it expired or left.</summary>
internal sealed class PlaceWait : IWaiter, IValueTaskSource<bool>
{
    // The one who gives a place back must not run the request that gets it.
    private ManualResetValueTaskSourceCore<bool> _result = new() { RunContinuationsAsynchronously = true };

    public PlaceWait() => Entry = new QueueEntry(this);

    public QueueEntry Entry { get; }

    public ValueTask<bool> Task => new(this, _result.Version);

    public void Granted() => _result.SetResult(true);

    public void Expired() => _result.SetResult(false);

    /// <summary>Leaves the queue unless a place was granted or the wait has expired.</summary>
    public void Leave(RequestQueue queue)
    {
        if (queue.Cancel(Entry))
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
