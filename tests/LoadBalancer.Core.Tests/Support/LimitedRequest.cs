using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A request to a service whose endpoints have limits, as an engine without tasks handles it.</summary>
internal sealed class LimitedRequest : IWaiter
{
    private readonly Service _service;
    private readonly TimeProvider _time;
    private readonly List<LimitedRequest>? _granted;
    private Dispatch _dispatch;
    private int _calls;
    private bool _hasPlace;

    public LimitedRequest(Service service, TimeProvider time, List<LimitedRequest>? granted = null, string tag = "")
    {
        _service = service;
        _time = time;
        _granted = granted;
        Entry = new EndpointEntry(this);
        Begin(tag);
    }

    public EndpointEntry Entry { get; }

    /// <summary>How the wait was to begin; null when there was no need.</summary>
    public QueueAnswer? Answer { get; private set; }

    public Endpoint? Endpoint => _dispatch.Endpoint;

    public Refusal Refusal => _dispatch.Refusal;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Starts anew, after <see cref="End"/>.</summary>
    public void Begin(string tag = "")
    {
        Volatile.Write(ref _calls, 0);
        _dispatch = default;
        _dispatch.Begin(_service, tag, _time.GetTimestamp());
    }

    /// <summary>Asks for an endpoint, and waits when all are full.</summary>
    public LimitedRequest Ask()
    {
        _hasPlace = false;
        Answer = _dispatch.Next() is null && _dispatch.IsFull ? _dispatch.Wait(Entry, _time.GetTimestamp()) : null;
        return this;
    }

    /// <summary>After a callback: the endpoint, if it got one.</summary>
    public Endpoint? Resume() => _dispatch.Resume(Entry, _hasPlace, _time.GetTimestamp());

    /// <summary>The attempt fails, and the next endpoint is asked for.</summary>
    public LimitedRequest FailAndAsk(AttemptFailure failure = AttemptFailure.Shortage)
    {
        Assert.True(_dispatch.TryAgain(failure, isRepeatable: true, _time));
        return Ask();
    }

    public bool Leave() => _service.EndpointQueue!.Cancel(Entry);

    public void End() => _dispatch.End(LeaseOutcome.Succeeded);

    public void Granted()
    {
        _hasPlace = true;
        _granted?.Add(this);
        Interlocked.Increment(ref _calls);
    }

    public void Expired() => Interlocked.Increment(ref _calls);
}
