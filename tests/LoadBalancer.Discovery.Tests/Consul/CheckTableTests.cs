using LoadBalancer.Discovery.Consul.Client;
using LoadBalancer.Discovery.Consul.Watching;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class CheckTableTests
{
    private static HealthCheck Check(string node, string service, string id, string status = "passing") =>
        new() { Node = node, ServiceId = service.Length == 0 ? "" : service + "-1", ServiceName = service, CheckId = id, Status = status };

    [Fact]
    public void It_names_whose_checks_appeared_changed_or_vanished()
    {
        var table = new CheckTable();
        Assert.True(table.Update([Check("n1", "same", "c"), Check("n1", "turns", "c"), Check("n1", "goes", "c")]).IsEmpty);
        var changes = table.Update([Check("n1", "same", "c"), Check("n1", "turns", "c", "critical"), Check("n2", "comes", "c")]);
        Assert.Equal(["comes", "goes", "turns"], changes.Services.Order());
        Assert.Empty(changes.Nodes);
        Assert.True(table.Update([Check("n1", "same", "c"), Check("n1", "turns", "c", "critical"), Check("n2", "comes", "c")]).IsEmpty);
    }

    [Fact]
    public void A_check_of_a_node_concerns_the_node()
    {
        var table = new CheckTable();
        table.Update([Check("n1", "", "serfHealth"), Check("n2", "", "serfHealth")]);
        var changes = table.Update([Check("n1", "", "serfHealth", "critical"), Check("n2", "", "serfHealth")]);
        Assert.Equal(["n1"], changes.Nodes);
        Assert.Empty(changes.Services);
    }

    [Fact]
    public void A_check_that_changes_hands_concerns_both()
    {
        var table = new CheckTable();
        table.Update([Check("n1", "a", "c") with { ServiceId = "x" }]);
        Assert.Equal(["a", "b"], table.Update([Check("n1", "b", "c") with { ServiceId = "x" }]).Services.Order());
    }
}
