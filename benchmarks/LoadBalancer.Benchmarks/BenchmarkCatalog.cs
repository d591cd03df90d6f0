using System.Globalization;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Benchmarks;

/// <summary>Catalogs to measure.</summary>
internal static class BenchmarkCatalog
{
    /// <summary>An empty catalog whose services are balanced like this.</summary>
    public static Catalog Create(BalanceAlgorithm balance = BalanceAlgorithm.RoundRobin) =>
        Create(new ServicePolicy { Balance = balance });

    /// <summary>An empty catalog whose services have this policy.</summary>
    public static Catalog Create(ServicePolicy policy) =>
        new(new CatalogOptions { PolicyFor = _ => policy }, new NoObserver(), new ConnectProbe(TimeSpan.FromSeconds(1), TimeProvider.System), TimeProvider.System, 1);

    /// <summary>A catalog with so many services of three endpoints.</summary>
    public static (Catalog Catalog, ISourceFeed Feed) WithServices(int count)
    {
        var catalog = Create();
        var feed = catalog.Open("consul", []);
        for (var i = 0; i < count; i++)
        {
            feed.Observe(ServiceName(i), new Observation.Seen([.. Endpoints(3)]));
        }
        return (catalog, feed);
    }

    public static string ServiceName(int i) => string.Create(CultureInfo.InvariantCulture, $"service-{i:D5}");

    public static IEnumerable<ObservedEndpoint> Endpoints(int count, Func<int, int>? weight = null) =>
        Enumerable.Range(0, count).Select(i => new ObservedEndpoint
        {
            Id = new EndpointId("node", string.Create(CultureInfo.InvariantCulture, $"api-{i:D5}")),
            Host = string.Create(CultureInfo.InvariantCulture, $"10.0.{i / 250}.{1 + (i % 250)}"),
            Port = 8080,
            Weight = weight?.Invoke(i) ?? 1,
            Tags = ["http", i % 2 == 0 ? "blue" : "green"],
        });

    private sealed class NoObserver : ICatalogObserver
    {
        public void EndpointChanged(EndpointChange change)
        {
        }

        public void PanicChanged(string service, bool isInPanic)
        {
        }

        public void PolicyChanged(string service, DecidedPolicy before, DecidedPolicy after)
        {
        }

        public void SourceChanged(string source, string service, string? error)
        {
        }

        public void SourceChanged(string source, string? error)
        {
        }

        public void SourcesConflict(string service, string chosen, string ignored)
        {
        }

        public void FallbackChanged(string service, ServiceSnapshot snapshot)
        {
        }

        public void ServiceForgotten(string service)
        {
        }
    }
}
