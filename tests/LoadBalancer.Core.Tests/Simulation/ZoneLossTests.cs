using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>Twelve endpoints, 50 requests a second each, of which a zone is gone from 10 s to 40 s.</summary>
public class ZoneLossTests(ITestOutputHelper output)
{
    public enum Fault
    {
        Refusing,
        Hanging,
    }

    [Theory]
    [InlineData(4, Fault.Refusing)]
    [InlineData(6, Fault.Refusing)]
    [InlineData(8, Fault.Refusing)]
    [InlineData(4, Fault.Hanging)]
    [InlineData(6, Fault.Hanging)]
    public void A_zone_that_is_gone_costs_little_and_returns(int size, Fault fault)
    {
        var (result, mostOut, _, outAtEnd) = Run(size, fault, new ServicePolicy { SlowStart = TimeSpan.FromSeconds(5) });
        output.WriteLine(result.Describe($"{size} of 12 {fault}; most out at once {mostOut}"));
        Assert.Equal((0, 0), (result.Unserved, result.InFlight));
        Assert.Equal((size, 0), (mostOut, outAtEnd));
        // Refused connections are tried elsewhere; what hangs costs what arrives until it is found out, and again at each return.
        Assert.InRange(result.Failed, 0, fault == Fault.Refusing ? 0 : size * 30 * 50 / 4);
        Assert.All(result.Endpoints.Keys, id => Assert.True(result.ShareOf(id) > 0.04));
    }

    [Fact]
    public void More_than_the_share_hangs_and_the_rest_of_it_stays()
    {
        var (result, mostOut, panicked, outAtEnd) = Run(8, Fault.Hanging, new ServicePolicy());
        output.WriteLine(result.Describe($"8 of 12 hang; most out at once {mostOut}"));
        Assert.Equal((6, false, 0), (mostOut, panicked, outAtEnd));
        Assert.Equal(0, result.Unserved);
    }

    [Theory]
    [InlineData(PanicAction.Spread)]
    [InlineData(PanicAction.FailFast)]
    public void Below_the_panic_threshold_requests_go_to_all_or_to_none(PanicAction action)
    {
        var (calm, _, _, _) = Run(7, Fault.Hanging, new ServicePolicy());
        var (result, mostOut, panicked, outAtEnd) = Run(7, Fault.Hanging, new ServicePolicy { Panic = action, PanicThreshold = 60 });
        output.WriteLine(calm.Describe("7 of 12 hang, no threshold"));
        output.WriteLine(result.Describe($"{action} below 60 %; most out at once {mostOut}"));
        Assert.True(panicked);
        Assert.True(mostOut <= 6);
        Assert.Equal(0, outAtEnd);
        if (action == PanicAction.Spread)
        {
            // The price of asking endpoints that hang: for when the verdicts are wrong or the rest would be crushed.
            Assert.Equal(0, result.Unserved);
            Assert.True(result.Failed > calm.Failed);
        }
        else
        {
            Assert.True(result.Unserved > 1000);
            Assert.True(result.Failed < calm.Failed);
        }
    }

    private static (SimulationResult Result, int MostOut, bool Panicked, int OutAtEnd) Run(int size, Fault fault, ServicePolicy policy)
    {
        // Not by load: who looks at that keeps away from what hangs on its own.
        using var service = new SimulatedService(policy with { Balance = BalanceAlgorithm.RoundRobin }, seed: 1);
        for (var i = 0; i < 12; i++)
        {
            service.Add($"e{i:D2}", ServiceTime.LogNormal(TimeSpan.FromMilliseconds(10)), concurrency: 4);
        }
        void Zone(bool isGone)
        {
            foreach (var endpoint in service.Endpoints.Values.Take(size))
            {
                endpoint.IsRefusing = isGone && fault == Fault.Refusing;
                endpoint.IsHanging = isGone && fault == Fault.Hanging;
            }
        }
        service.Events.After(TimeSpan.FromSeconds(10), () => Zone(true));
        service.Events.After(TimeSpan.FromSeconds(40), () => Zone(false));
        var (mostOut, panicked) = (0, false);
        for (var tenth = 1; tenth < 1000; tenth++)
        {
            service.Events.After(TimeSpan.FromSeconds(tenth / 10.0), () =>
            {
                mostOut = Math.Max(mostOut, 12 - service.Service.Snapshot.AvailableCount);
                panicked |= service.Service.Snapshot.IsInPanic;
            });
        }
        var result = service.Run(600, TimeSpan.FromSeconds(100));
        return (result, mostOut, panicked, 12 - service.Service.Snapshot.AvailableCount);
    }
}
