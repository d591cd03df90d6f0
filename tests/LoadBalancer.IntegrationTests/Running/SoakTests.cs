using LoadBalancer.IntegrationTests.Harness;
using LoadBalancer.Soak;

namespace LoadBalancer.IntegrationTests.Running;

/// <summary>A short soak over each engine: clients, endpoints and listeners that come and go, and at the end nothing is left.</summary>
public sealed class SoakTests
{
    [Theory]
    [InlineData(Engine.Reactor)]
    [InlineData(Engine.Kestrel)]
    public async Task Nothing_is_lost_mixed_up_doubled_or_left_behind(string engine)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors are counted in /proc");
        var options = new SoakOptions { Program = LbProcess.Program, Engine = engine, Duration = TimeSpan.FromSeconds(6), Requests = 40_000, Workers = 24, Seed = 1 };

        var verdict = await new SoakRun(options, TestContext.Current.SendDiagnosticMessage).RunAsync(TestContext.Current.CancellationToken);

        Assert.True(verdict.IsGood, verdict.ToString());
    }
}
