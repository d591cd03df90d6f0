using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Active;

namespace LoadBalancer.Core.Model;

/// <summary>What the writers of one catalog share.</summary>
internal sealed class CatalogContext(CatalogOptions options, ICatalogObserver observer, TimeProvider time, RandomSource random)
{
    private readonly long _started = time.GetTimestamp();
    private volatile CatalogOptions _options = options;

    public CatalogOptions Options
    {
        get => _options;
        set => _options = value;
    }

    public ICatalogObserver Observer { get; } = observer;

    public TimeProvider Time { get; } = time;

    /// <summary>
    /// Time since the catalog was made, for every limit: it is monotonic, so that a step of the wall clock neither ends a
    /// hold nor prolongs an ejection.
    /// </summary>
    public TimeSpan Uptime => Time.GetElapsedTime(_started);

    public RandomSource Random { get; } = random;

    public CheckGate CheckGate { get; } = new();
}
