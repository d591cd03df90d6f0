using CsCheck;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul.Client;
using LoadBalancer.Discovery.Consul.Watching;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class EndpointMapperTests
{
    private static HealthEntry Entry(string? address = "10.0.0.1", int port = 80, params HealthCheck[] checks) => new()
    {
        Node = new() { Name = "n1", Address = "10.0.0.9", Datacenter = "dc1" },
        Service = new() { Id = "api-1", Address = address, Port = port, Weights = new(3, 1) },
        Checks = checks,
    };

    private static HealthCheck Check(string id, string status, string output = "", string notes = "") =>
        new() { Node = "n1", CheckId = id, Status = status, Output = output, Notes = notes };

    private static ObservedEndpoint Map(HealthEntry entry) => Assert.Single(EndpointMapper.Map([entry], (id, problem) => Assert.Fail($"{id}: {problem}")));

    [Fact]
    public void What_Consul_leaves_null_is_empty()
    {
        var endpoint = Map(new() { Node = new() { Name = "n1", Address = "10.0.0.9" }, Service = new() { Id = "api-1", Port = 80 } });
        Assert.Equal(new ObservedEndpoint { Id = new("n1", "api-1"), Host = "10.0.0.9", Port = 80 }, endpoint);
    }

    [Theory]
    [InlineData("passing", SourceState.Passing)]
    [InlineData("warning", SourceState.Warning)]
    [InlineData("critical", SourceState.Critical)]
    [InlineData("something new", SourceState.Critical)]
    public void A_check_decides(string status, SourceState state) => Assert.Equal(state, Map(Entry(checks: [Check("c", "passing"), Check("d", status)])).State);

    [Theory]
    [InlineData("http", "", SourceState.Warning)]
    [InlineData("http", "connection refused", null)]
    // Somebody said so.
    [InlineData("ttl", "", null)]
    [InlineData(null, "", null)]
    public void A_check_that_has_not_run_is_told_from_one_that_failed(string? type, string output, SourceState? untested)
    {
        var endpoint = Map(Entry(checks: [Check("c", "warning", "slow"), Check("d", "critical", output) with { Type = type }]));
        Assert.Equal((SourceState.Critical, untested), (endpoint.State, endpoint.Untested));
        Assert.Equal(untested is not null, endpoint.Reason == "check 'd' has not run yet");
        Assert.Null(Map(Entry(checks: [Check("c", "critical", "slow"), Check("d", "critical", output) with { Type = type }])).Untested);
    }

    [Theory]
    [InlineData("_node_maintenance", "node maintenance: kernel")]
    [InlineData("_service_maintenance:api-1", "maintenance: kernel")]
    public void Maintenance_drains(string check, string reason)
    {
        var endpoint = Map(Entry(checks: [Check("c", "warning", "slow"), Check(check, "critical", notes: "kernel")]));
        Assert.Equal((SourceState.Drain, reason), (endpoint.State, endpoint.Reason));
        Assert.Equal(SourceState.Critical, Map(Entry(checks: [Check(check, "critical"), Check("serfHealth", "critical")])).State);
    }

    [Theory]
    [InlineData("", 80, "")]
    [InlineData("10.0.0.1", 0, "its port is 0")]
    [InlineData("10.0.0.1", -1, "its port is -1")]
    [InlineData("10.0.0.1", 65536, "its port is 65536")]
    public void What_cannot_be_reached_is_left_out(string address, int port, string problem)
    {
        var entry = Entry(address, port);
        entry = address.Length > 0 ? entry : entry with { Node = entry.Node with { Address = null } };
        var leftOut = new List<string>();
        Assert.Empty(EndpointMapper.Map([entry], (id, why) => leftOut.Add($"{id}: {why}")));
        Assert.Contains(problem, Assert.Single(leftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void An_identity_is_there_once()
    {
        var leftOut = 0;
        Assert.Single(EndpointMapper.Map([Entry(), Entry(port: 81)], (_, _) => leftOut++));
        Assert.Equal(1, leftOut);
    }

    [Fact]
    public void Reasons_are_short_and_printable_whatever_a_check_says() =>
        Gen.String.Sample(output =>
        {
            var reason = Map(Entry(checks: [Check("c", "critical", output)])).Reason!;
            return reason.Length <= 200 && !reason.Any(char.IsControl) && reason.StartsWith("check 'c' critical", StringComparison.Ordinal);
        });

    [Fact]
    public void A_long_reason_is_cut()
    {
        var reason = Map(Entry(checks: [Check("c", "critical", "\n\n\u001b[31m" + new string('x', 5000))])).Reason!;
        Assert.Equal(200, reason.Length);
        Assert.StartsWith("check 'c' critical: [31mxxx", reason, StringComparison.Ordinal);
        Assert.EndsWith("…", reason, StringComparison.Ordinal);
    }
}
