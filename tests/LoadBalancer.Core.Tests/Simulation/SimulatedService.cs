using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>
/// The real catalog, snapshots, pickers and leases in front of simulated endpoints in virtual time. Requests arrive by a
/// Poisson process that does not wait for answers (an open loop), as those of many clients do.
/// </summary>
internal sealed class SimulatedService : IDisposable
{
    private readonly TestCatalog _world;
    private readonly Random _random;
    private readonly List<TimeSpan> _latencies = [];
    private int _unserved;

    /// <summary>A service with a policy and no endpoints.</summary>
    public SimulatedService(ServicePolicy policy, int seed)
    {
        _world = new TestCatalog(new CatalogOptions { PolicyFor = _ => policy }, (ulong)seed);
        _random = new Random(seed);
        Events = new EventQueue(_world.Time);
    }

    public EventQueue Events { get; }

    /// <summary>The endpoints by the service id under which the catalog knows them.</summary>
    public SortedDictionary<string, SimulatedEndpoint> Endpoints { get; } = new(StringComparer.Ordinal);

    /// <summary>Gives the service one more endpoint.</summary>
    public void Add(string id, ServiceTime serviceTime, int concurrency) =>
        Endpoints.Add(id, new SimulatedEndpoint(Events, new Random(_random.Next()), serviceTime, concurrency));

    /// <summary>Lets requests arrive for a time and all of them end.</summary>
    /// <param name="perSecond">Arrivals per second on average.</param>
    /// <param name="duration">How long they arrive.</param>
    /// <param name="hash">Draws the hash of a request's key; null for none.</param>
    public SimulationResult Run(double perSecond, TimeSpan duration, Func<Random, ulong>? hash = null)
    {
        _world.Open().Observe("api", Seen([.. Endpoints.Keys.Select(static id => Up(id))]));
        var service = _world["api"];
        PlanArrival();
        Events.Run();
        return new SimulationResult(_latencies, Endpoints, _unserved, service.Snapshot.Endpoints.Sum(static state => state.Endpoint.InFlight));

        void PlanArrival() => Events.After(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / perSecond), () =>
        {
            if (Events.Now < duration)
            {
                Send(service, new SimulatedRequest(Events.Now) { Context = { Hash = hash?.Invoke(_random) } });
                PlanArrival();
            }
        });
    }

    public void Dispose() => _world.Dispose();

    private void Send(Service service, SimulatedRequest request)
    {
        if (service.Snapshot.PickerFor("")!.Pick(ref request.Context) is not { } state)
        {
            _unserved++;
            return;
        }
        request.Lease = Lease.Begin(state.Endpoint);
        Endpoints[state.Endpoint.Id.ServiceId].Receive(() =>
        {
            request.Lease.Answered();
            request.Lease.End(LeaseOutcome.Succeeded);
            _latencies.Add(Events.Now - request.Arrived);
        });
    }
}
