using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Model;

/// <summary>
/// A named set of endpoints with one policy: an identity that lives as long as the service is known. Requests read
/// <see cref="Snapshot"/> once and use nothing else.
/// </summary>
public sealed class Service
{
    private volatile ServiceSnapshot _snapshot;
    private volatile ServiceGuard? _guard;
    private volatile EndpointQueue? _endpointQueue;
    private volatile RetryState? _retryState;
    private long _requests;
    private long _confirmedAt;

    internal Service(string name, CatalogContext context)
    {
        Name = name;
        Writer = new ServiceWriter(this, context);
        _snapshot = Writer.Empty();
    }

    /// <summary>As its source writes it; names are compared without regard to case, as DNS does.</summary>
    public string Name { get; }

    /// <summary>The truth of this moment: one volatile load.</summary>
    public ServiceSnapshot Snapshot => _snapshot;

    /// <summary>What may keep a request from it; null when nothing of it is turned on.</summary>
    public ServiceGuard? Guard => _guard;

    /// <summary>Who waits for a place on an endpoint; null when its endpoints never had a limit.</summary>
    public EndpointQueue? EndpointQueue => _endpointQueue;

    /// <summary>What it remembers for retries and hedges; null when it does neither.</summary>
    public RetryState? RetryState => _retryState;

    /// <summary>Requests and connections that asked for the service, served or not.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>Copies of other requests that it gets.</summary>
    public MirroredRequests Mirrored { get; } = new();

    /// <summary>When the source in force last confirmed what the snapshot says; the minimum before it ever did.</summary>
    public DateTimeOffset ConfirmedAt
    {
        get => new(Volatile.Read(ref _confirmedAt), TimeSpan.Zero);
        internal set => Volatile.Write(ref _confirmedAt, value.UtcTicks);
    }

    internal ServiceWriter Writer { get; }

    /// <summary>Counts one request or connection that asked for the service.</summary>
    public void CountRequest() => Interlocked.Increment(ref _requests);

    internal void Protect(ServiceGuard? guard) => _guard = guard;

    /// <summary>Called before the first snapshot with these limits is published.</summary>
    internal void LimitEndpoints(ServicePolicy policy, TimeProvider time) =>
        _endpointQueue = EndpointQueue.Next(_endpointQueue, this, policy, time);

    internal void Remember(RetryState? state) => _retryState = state;

    internal void Publish(ServiceSnapshot snapshot)
    {
        _snapshot = snapshot;
        _endpointQueue?.ServeAll();
    }
}
