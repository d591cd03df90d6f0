using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A request that waits: what its queue said to it, in order of time over all of them.</summary>
internal sealed class QueuedRequest : IWaiter
{
    private readonly List<QueuedRequest>? _granted;

    public QueuedRequest(int number = 0, List<QueuedRequest>? granted = null)
    {
        Number = number;
        _granted = granted;
        Entry = new QueueEntry(this);
    }

    public int Number { get; }

    public QueueEntry Entry { get; }

    public int Grants { get; private set; }

    public int Expiries { get; private set; }

    public void Granted()
    {
        Grants++;
        _granted?.Add(this);
    }

    public void Expired() => Expiries++;

    public override string ToString() => $"{Number}";
}
