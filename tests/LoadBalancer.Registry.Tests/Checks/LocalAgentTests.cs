using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Registry.Tests.Checks;

/// <summary>What depends on time, on a clock that the test turns.</summary>
public sealed class LocalAgentTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Registry.State.Catalog _catalog = new(new ChangeLog(), "dc1");
    private readonly LocalAgent _agent;

    public LocalAgentTests() =>
        _agent = new LocalAgent(_catalog, new NodeRow { Name = "n", Address = "127.0.0.1" }, allowScripts: false, _time, new Jitter(1), NullLogger<LocalAgent>.Instance);

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void A_ttl_counts_from_the_last_word()
    {
        Register(Ttl(seconds: 10));
        _agent.Tell("service:a", CheckStatus.Passing, "hello");
        _time.Advance(TimeSpan.FromSeconds(9));
        _agent.Tell("service:a", CheckStatus.Passing, "hello");
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(CheckStatus.Passing, Check().Status);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(CheckStatus.Critical, Check().Status);
        Assert.Equal("TTL expired (last output before timeout follows): hello", Check().Output);
        _agent.Tell("service:a", CheckStatus.Warning, "");
        Assert.Equal(CheckStatus.Warning, Check().Status);
    }

    [Fact]
    public void A_replaced_ttl_check_is_forgotten()
    {
        Register(Ttl(seconds: 10));
        _agent.Tell("service:a", CheckStatus.Passing, "");
        Register(Ttl(seconds: 100));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(CheckStatus.Passing, Check().Status);
        _time.Advance(TimeSpan.FromSeconds(51));
        Assert.Equal(CheckStatus.Critical, Check().Status);
    }

    [Fact]
    public void A_service_that_is_critical_for_too_long_is_deregistered()
    {
        Register(Ttl(seconds: 600) with { DeregisterCriticalServiceAfter = TimeSpan.FromMinutes(2) });
        _time.Advance(TimeSpan.FromSeconds(119));
        _agent.Tell("service:a", CheckStatus.Passing, "");
        _time.Advance(TimeSpan.FromSeconds(119));
        _agent.Tell("service:a", CheckStatus.Critical, "");
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Single(_catalog.Service("a", []).Value);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_catalog.Service("a", []).Value);
        Assert.Empty(_agent.Services());
        Assert.Empty(_agent.Checks());
    }

    [Fact]
    public void Deregistration_waits_a_minute_at_least()
    {
        Register(Ttl(seconds: 600) with { DeregisterCriticalServiceAfter = TimeSpan.FromSeconds(1) });
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Single(_catalog.Service("a", []).Value);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_catalog.Service("a", []).Value);
    }

    [Fact]
    public void An_output_reaches_the_catalog_with_the_next_word_after_five_minutes()
    {
        Register(Ttl(seconds: 3600));
        _agent.Tell("service:a", CheckStatus.Passing, "one");
        _agent.Tell("service:a", CheckStatus.Passing, "two");
        Assert.Equal("one", Check().Output);
        Assert.Equal("two", _agent.Checks().Single().Output);
        _time.Advance(LocalAgent.OutputSyncInterval);
        _agent.Tell("service:a", CheckStatus.Passing, "three");
        Assert.Equal("three", Check().Output);
    }

    [Fact]
    public void A_threshold_needs_its_count_in_a_row()
    {
        var threshold = new StatusThreshold(successBeforePassing: 2, failuresBeforeCritical: 3);
        var (good, warning, bad) = (CheckStatus.Passing, CheckStatus.Warning, CheckStatus.Critical);
        Assert.Equal(
            [false, true, true, false, false, false, false, true, true, false, true],
            new[] { good, warning, good, bad, good, bad, bad, bad, bad, good, good }.Select(threshold.Reached));
    }

    [Fact]
    public void A_name_that_changes_moves_the_instance_and_its_checks()
    {
        Register(Ttl(seconds: 600));
        _agent.RegisterService(new ServiceRow { Id = "a", Name = "b", Tags = ["t"] }, [], replaceChecks: false);
        Assert.Empty(_catalog.Service("a", []).Value);
        var moved = _catalog.Service("B", ["T"]).Value.Single();
        Assert.Equal("b", moved.Checks.Single().ServiceName);
        Assert.Equal(["t"], moved.Checks.Single().ServiceTags);
    }

    private static CheckDefinition Ttl(int seconds) => new() { Kind = CheckKind.Ttl, Ttl = TimeSpan.FromSeconds(seconds) };

    private void Register(CheckDefinition check) => _agent.RegisterService(new ServiceRow { Id = "a", Name = "a" }, [check], replaceChecks: false);

    private CheckRow Check() => _catalog.ServiceChecks("a").Value.Single();
}
