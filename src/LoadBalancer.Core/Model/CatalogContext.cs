using LoadBalancer.Core.Balancing;

namespace LoadBalancer.Core.Model;

/// <summary>What the writers of one catalog share.</summary>
internal sealed class CatalogContext(CatalogOptions options, ICatalogObserver observer, TimeProvider time, RandomSource random)
{
    private volatile CatalogOptions _options = options;

    public CatalogOptions Options
    {
        get => _options;
        set => _options = value;
    }

    public ICatalogObserver Observer { get; } = observer;

    public TimeProvider Time { get; } = time;

    public RandomSource Random { get; } = random;
}
