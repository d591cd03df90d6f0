using LoadBalancer.Core.Model;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>
/// The real catalog, guard, dispatch, limits and queue in front of simulated endpoints in virtual time, and clients that
/// come whether or not the former were answered, and give up.
/// </summary>
internal sealed class OverloadedService : IDisposable
{
    /// <summary>After so long nobody is there to take the answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Random _random = new(1);

    public OverloadedService(ServicePolicy policy, int endpoints, ServiceTime serviceTime, int concurrency)
    {
        World = new TestCatalog(new CatalogOptions { PolicyFor = _ => policy });
        Events = new EventQueue(World.Time);
        foreach (var id in Ids(endpoints))
        {
            Endpoints.Add(id, new SimulatedEndpoint(Events, new Random(_random.Next()), serviceTime, concurrency));
        }
        World.Open().Observe("api", Seen(Endpoints.Keys));
    }

    public TestCatalog World { get; }

    public EventQueue Events { get; }

    public Service Service => World["api"];

    public Dictionary<string, SimulatedEndpoint> Endpoints { get; } = [];

    /// <summary>Answered while the client was there.</summary>
    public int Good { get; set; }

    /// <summary>Refused by the balancer.</summary>
    public int Refused { get; set; }

    /// <summary>Clients that gave up.</summary>
    public int GivenUp { get; set; }

    /// <summary>Lets requests come (Poisson), and forgets the results of the time before.</summary>
    public void Run(double perSecond, TimeSpan duration)
    {
        (Good, Refused, GivenUp) = (0, 0, 0);
        var end = Events.Now + duration;
        PlanArrival();
        Events.RunUntil(end);

        void PlanArrival() => Events.After(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / perSecond), () =>
        {
            if (Events.Now < end)
            {
                new ImpatientRequest(this).Arrive();
                PlanArrival();
            }
        });
    }

    public void Dispose() => World.Dispose();
}
