namespace LoadBalancer.Core.Model;

/// <summary>
/// Notices a mass disappearance: more than half of all endpoints of one source gone within a moment, and so many that
/// it is not just one small service being taken down. Not thread safe; its feed locks.
/// </summary>
internal sealed class LossWindow
{
    /// <summary>Losses this far apart are one event: a source polls or is watched service by service.</summary>
    internal static readonly TimeSpan Span = TimeSpan.FromSeconds(2);

    /// <summary>Fewer losses than this are the daily business of a small installation.</summary>
    internal const int Least = 5;

    private readonly Queue<(TimeSpan At, int Count)> _counts = new();
    private readonly Queue<Loss> _dropped = new();
    private int _sum;

    /// <summary>Records a loss; <paramref name="remaining"/> is what the source still has after it.</summary>
    /// <returns>
    /// Null when the loss is ordinary. When it is part of a mass disappearance, the earlier losses of the same event that
    /// were dropped as ordinary: each is handed out once, so that an event of n services costs n steps.
    /// </returns>
    public IReadOnlyList<Loss>? Add(Loss loss, int remaining)
    {
        while (_counts.TryPeek(out var oldest) && loss.At - oldest.At > Span)
        {
            _sum -= _counts.Dequeue().Count;
        }
        while (_dropped.TryPeek(out var oldest) && loss.At - oldest.At > Span)
        {
            _dropped.Dequeue();
        }
        _counts.Enqueue((loss.At, loss.Endpoints.Length));
        _sum += loss.Endpoints.Length;
        if (_sum < Least || _sum <= remaining)
        {
            _dropped.Enqueue(loss);
            return null;
        }
        Loss[] earlier = [.. _dropped];
        _dropped.Clear();
        return earlier;
    }
}
