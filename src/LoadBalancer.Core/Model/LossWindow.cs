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

    private readonly Queue<(DateTimeOffset At, Service Service, ImmutableArray<ObservedEndpoint> Lost)> _losses = new();

    /// <summary>Records a loss; <paramref name="remaining"/> is what the source still has after it.</summary>
    /// <returns>Every loss of the window when they make a mass disappearance, else nothing.</returns>
    public IReadOnlyList<(Service Service, ImmutableArray<ObservedEndpoint> Lost)> Add(Service service, ImmutableArray<ObservedEndpoint> lost, int remaining, DateTimeOffset now)
    {
        while (_losses.TryPeek(out var oldest) && now - oldest.At > Span)
        {
            _losses.Dequeue();
        }
        _losses.Enqueue((now, service, lost));
        var sum = _losses.Sum(static loss => loss.Lost.Length);
        return sum >= Least && sum > remaining ? [.. _losses.Select(static loss => (loss.Service, loss.Lost))] : [];
    }
}
