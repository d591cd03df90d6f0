using System.Collections.Immutable;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A real catalog on a clock that stands still.</summary>
internal sealed class TestCatalog : IDisposable
{
    public TestCatalog(CatalogOptions? options = null, ulong seed = 1)
    {
        Catalog = new Catalog(options ?? new CatalogOptions(), Observer, Probe, Time, seed);
    }

    public SteppedClock Time { get; } = new();

    public RecordingObserver Observer { get; } = new();

    public SwitchableProbe Probe { get; } = new();

    public Catalog Catalog { get; }

    public Service this[string service] => Catalog.Find(service) ?? throw new KeyNotFoundException(service);

    /// <summary>A catalog with one service "api" of these endpoints.</summary>
    public static TestCatalog Of(BalanceAlgorithm balance, params ReadOnlySpan<ObservedEndpoint> endpoints) =>
        Of(new ServicePolicy { Balance = balance }, endpoints);

    /// <summary>The same with further settings.</summary>
    public static TestCatalog Of(ServicePolicy policy, params ReadOnlySpan<ObservedEndpoint> endpoints)
    {
        var world = new TestCatalog(new CatalogOptions { PolicyFor = _ => policy });
        world.Open().Observe("api", Seen(endpoints));
        return world;
    }

    public ISourceFeed Open(string source = "consul", params (string, ImmutableArray<ObservedEndpoint>)[] saved) => Catalog.Open(source, saved);

    /// <summary>Lets seconds pass one by one, as the catalog's rounds do.</summary>
    public void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The ids of a service's endpoints, with "!" before those that are not available.</summary>
    public string Show(string service) =>
        string.Join(' ', this[service].Snapshot.Endpoints.Select(static state => (state.IsAvailable ? "" : "!") + state.Endpoint.Id.ServiceId));

    /// <summary>"prefix00001" and so on.</summary>
    public static IEnumerable<string> Ids(int count, string prefix = "e") =>
        Enumerable.Range(1, count).Select(i => $"{prefix}{i:D5}");

    /// <summary>Endpoint "id" on node "n" at id.test:80.</summary>
    public static ObservedEndpoint Up(string id, int weight = 1, int priority = 0, SourceState state = SourceState.Passing, params string[] tags) => new()
    {
        Id = new EndpointId("n", id),
        Host = $"{id}.test",
        Port = 80,
        Weight = weight,
        Priority = priority,
        State = state,
        Tags = [.. tags],
    };

    /// <summary>The service has no endpoints.</summary>
    public static Observation.Seen Nothing { get; } = new([]);

    public static Observation.Seen Seen(params ReadOnlySpan<ObservedEndpoint> endpoints) => new([.. endpoints]);

    public static Observation.Seen Seen(params IEnumerable<string> ids) => new([.. ids.Select(static id => Up(id))]);

    /// <summary>One exchange with the endpoint that ends like this.</summary>
    public static void End(Endpoint endpoint, LeaseOutcome outcome)
    {
        var lease = Lease.Begin(endpoint);
        lease.End(outcome);
    }

    public static void Fail(Endpoint endpoint) => End(endpoint, LeaseOutcome.ConnectFailed);

    public void Dispose() => Catalog.Dispose();
}
