using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>Ten endpoints, 100 requests a second each, of which one fails half from 10 s to 30 s.</summary>
public class FailingEndpointTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_begins = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_ends = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Judges => ["errors in a row", "success rate"];

    [Theory]
    [MemberData(nameof(Judges))]
    public void One_that_fails_half_of_its_requests_leaves_within_seconds_and_returns(string judge)
    {
        var options = new OutlierOptions
        {
            Statuses = [new(500, 599)],
            ConsecutiveErrors = judge == "success rate" ? 0 : 5,
            SuccessRate = judge == "success rate" ? new SuccessRateOptions() : null,
        };
        var (without, _, _) = Run(new OutlierOptions());
        var (with, outAt, share) = Run(options);
        output.WriteLine(without.Describe("not asked for"));
        output.WriteLine(with.Describe(judge));
        output.WriteLine($"    e0 out at seconds {string.Join(' ', outAt)}; its share of the last 20 s {share:P1}");
        Assert.Equal((0, 0), (with.Unserved, with.InFlight));
        Assert.InRange(without.Failed, 900, 1100);
        // It may go on for some seconds at first, and each time that it is tried again.
        Assert.InRange(with.Failed, 5, without.Failed * 2 / 3);
        Assert.InRange(outAt[0], 11, 17);
        Assert.All(outAt, static second => Assert.InRange(second, 10, 60));
        Assert.InRange(share, 0.08, 0.12);
    }

    private static (SimulationResult Result, IReadOnlyList<int> OutAt, double ShareAtEnd) Run(OutlierOptions options)
    {
        using var service = new SimulatedService(new ServicePolicy { Balance = BalanceAlgorithm.LeastRequest, Outliers = options, SlowStart = TimeSpan.FromSeconds(2) }, seed: 1);
        for (var i = 0; i < 10; i++)
        {
            service.Add($"e{i}", ServiceTime.LogNormal(TimeSpan.FromMilliseconds(10)), concurrency: 4);
        }
        var failing = service.Endpoints["e0"];
        service.Events.After(s_begins, () => failing.ErrorRatio = 0.5);
        service.Events.After(s_ends, () => failing.ErrorRatio = 0);
        var outAt = new List<int>();
        for (var second = 1; second < 100; second++)
        {
            var at = second;
            service.Events.After(TimeSpan.FromSeconds(second), () =>
            {
                if (service.Service.Snapshot.Endpoints.Single(static state => state.Endpoint.Id.ServiceId == "e0").Unavailability == Unavailability.Ejected)
                {
                    outAt.Add(at);
                }
            });
        }
        var before = 0;
        service.Events.After(TimeSpan.FromSeconds(80), () => before = failing.Received);
        var result = service.Run(1000, TimeSpan.FromSeconds(100));
        return (result, outAt, (failing.Received - before) / 20_000.0);
    }
}
