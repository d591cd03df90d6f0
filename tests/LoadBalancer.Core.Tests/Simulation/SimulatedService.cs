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
    private int _failed;

    /// <summary>A service with a policy and no endpoints.</summary>
    public SimulatedService(ServicePolicy policy, int seed)
    {
        _world = new TestCatalog(new CatalogOptions { PolicyFor = _ => policy }, (ulong)seed);
        _random = new Random(seed);
        Events = new EventQueue(_world.Time);
    }

    public EventQueue Events { get; }

    /// <summary>How long a request waits for an endpoint that hangs.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The service as the catalog knows it, from the first request on.</summary>
    public Service Service => _world["api"];

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
        return new SimulationResult(_latencies, Endpoints, _unserved, _failed, service.Snapshot.Endpoints.Sum(static state => state.Endpoint.InFlight));

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
        var snapshot = service.Snapshot;
        if (snapshot.PickerFor("")!.Pick(ref request.Context) is not { } state)
        {
            _unserved++;
            return;
        }
        request.Lease = Lease.Begin(state.Endpoint);
        var endpoint = Endpoints[state.Endpoint.Id.ServiceId];
        if (endpoint.IsRefusing)
        {
            request.Lease.End(LeaseOutcome.ConnectFailed);
            request.Context.Exclude(state.Endpoint);
            Send(service, request);
        }
        else if (endpoint.IsHanging)
        {
            Events.After(Timeout, () => Fail(LeaseOutcome.Failed));
        }
        else
        {
            endpoint.Receive(() =>
            {
                var errs = endpoint.Errs();
                request.Lease.Answered(errs && snapshot.Policy.Outliers.IsError(500));
                if (errs)
                {
                    Fail(LeaseOutcome.Succeeded);
                    return;
                }
                request.Lease.End(LeaseOutcome.Succeeded);
                _latencies.Add(Events.Now - request.Arrived);
            });
        }

        void Fail(LeaseOutcome outcome)
        {
            request.Lease.End(outcome);
            _failed++;
        }
    }
}
