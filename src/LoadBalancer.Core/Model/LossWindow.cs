using System.Collections.Immutable;

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

    private readonly Queue<Loss> _recent = new();

    /// <summary>What went within the span and did not come back, with when: one that comes and goes counts once.</summary>
    private readonly Dictionary<(ServiceWriter Writer, EndpointId Id), TimeSpan> _gone = [];
    private readonly Queue<Loss> _dropped = new();

    /// <summary>These endpoints are there.</summary>
    public void Seen(ServiceWriter writer, ImmutableArray<ObservedEndpoint> endpoints)
    {
        if (_gone.Count == 0)
        {
            return;
        }
        foreach (var endpoint in endpoints)
        {
            _gone.Remove((writer, endpoint.Id));
        }
    }

    /// <summary>Records a loss; <paramref name="remaining"/> is what the source still has after it.</summary>
    /// <returns>
    /// Null when the loss is ordinary. When it is part of a mass disappearance, the earlier losses of the same event that
    /// were dropped as ordinary: each is handed out once, so that an event of n services costs n steps.
    /// </returns>
    public IReadOnlyList<Loss>? Add(Loss loss, int remaining)
    {
        Expire(loss.At);
        _recent.Enqueue(loss);
        foreach (var endpoint in loss.Endpoints)
        {
            _gone[(loss.Writer, endpoint.Id)] = loss.At;
        }
        if (_gone.Count < Least || _gone.Count <= remaining)
        {
            _dropped.Enqueue(loss);
            return null;
        }
        Loss[] earlier = [.. _dropped];
        _dropped.Clear();
        return earlier;
    }

    private void Expire(TimeSpan now)
    {
        while (_recent.TryPeek(out var oldest) && now - oldest.At > Span)
        {
            foreach (var endpoint in _recent.Dequeue().Endpoints)
            {
                if (_gone.TryGetValue((oldest.Writer, endpoint.Id), out var at) && at == oldest.At)
                {
                    _gone.Remove((oldest.Writer, endpoint.Id));
                }
            }
        }
        while (_dropped.TryPeek(out var oldest) && now - oldest.At > Span)
        {
            _dropped.Dequeue();
        }
    }
}
