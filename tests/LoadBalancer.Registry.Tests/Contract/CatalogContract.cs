using System.Net;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class CatalogContract(Target target) : ContractTests(target)
{
    [Fact]
    public async Task A_node_with_a_service_and_a_check_registers_past_the_agent()
    {
        var (node, name) = (NewName("ext"), NewName("db"));
        var answer = await PutAsync("catalog/register", $$"""
            {"Node":"{{node}}","Address":"10.9.8.7","NodeMeta":{"rack":"4"},"Service":{"ID":"{{name}}-1","Service":"{{name}}","Port":5432,"Tags":["primary"]},
             "Checks":[{"CheckID":"{{name}}-c","Name":"probe","Status":"warning","ServiceID":"{{name}}-1"},{"Name":"node probe","Status":"passing"}]}
            """);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.True(answer.Json.GetBoolean());
        var instance = (await HealthAsync(name, list => list.Length == 1, "registered"))[0];
        Assert.Equal("10.9.8.7", Text(instance.GetProperty("Node"), "Address"));
        Assert.Equal("4", Text(instance.GetProperty("Node").GetProperty("Meta"), "rack"));
        Assert.Equal(["node probe", name + "-c"], Checks(instance).Select(check => Text(check, "CheckID")));
        Assert.Equal("warning", Text(Checks(instance).Last(), "Status"));
        Assert.Equal(name, Text(Checks(instance).Last(), "ServiceName"));

        Assert.Equal(["primary"], (await GetAsync("catalog/services")).Json.GetProperty(name).EnumerateArray().Select(tag => tag.GetString()));
        Assert.Single((await GetAsync($"catalog/service/{name}?tag=primary")).Json.EnumerateArray());
        Assert.Empty((await GetAsync($"catalog/service/{name}?tag=replica")).Json.EnumerateArray());
        Assert.Contains((await GetAsync("catalog/nodes")).Json.EnumerateArray(), row => Text(row, "Node") == node && Text(row, "Datacenter") == Target.Datacenter);
        var whole = (await GetAsync("catalog/node/" + node)).Json;
        Assert.Equal("10.9.8.7", Text(whole.GetProperty("Node"), "Address"));
        Assert.Equal(5432, whole.GetProperty("Services").GetProperty(name + "-1").GetProperty("Port").GetInt32());

        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}","CheckID":"{{name}}-c"}""");
        await HealthAsync(name, list => Checks(list[0]).Count() == 1, "without its check");
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}","ServiceID":"{{name}}-1"}""");
        await HealthAsync(name, list => list.Length == 0, "gone");
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}"}""");
        Assert.Equal("null", (await GetAsync("catalog/node/" + node)).Text.Trim());
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}"}""");
    }

    [Fact]
    public async Task A_nodes_checks_are_its_services_checks()
    {
        var (node, name) = (NewName("ext"), NewName("db"));
        await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.9.8.6","Service":{"Service":"{{name}}"},"Check":{"CheckID":"serfHealth","Name":"Serf","Status":"passing"} }""");
        var before = (await GetAsync("health/service/" + name)).Index;
        var query = GetAsync($"health/service/{name}?index={before}&wait=1m");
        await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.9.8.6","Check":{"CheckID":"serfHealth","Name":"Serf","Status":"critical"} }""");
        Assert.Equal("critical", Text(Checks((await query).Json[0]).Single(), "Status"));
        Assert.Empty((await GetAsync($"health/service/{name}?passing")).Json.EnumerateArray());
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}"}""");
    }

    [Fact]
    public async Task Changed_weights_and_node_addresses_wake_the_watcher()
    {
        var (node, name) = (NewName("ext"), NewName("db"));
        await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.9.8.1","Service":{"Service":"{{name}}"} }""");
        var first = await GetAsync("health/service/" + name);
        await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.9.8.1","Service":{"Service":"{{name}}","Weights":{"Passing":5,"Warning":1} } }""");
        var second = await GetAsync($"health/service/{name}?index={first.Index}&wait=1m");
        Assert.Equal(5, second.Json[0].GetProperty("Service").GetProperty("Weights").GetProperty("Passing").GetInt32());
        await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.9.8.2"}""");
        var third = await GetAsync($"health/service/{name}?index={second.Index}&wait=1m");
        Assert.Equal("10.9.8.2", Text(third.Json[0].GetProperty("Node"), "Address"));
        Assert.True(first.Index < second.Index && second.Index < third.Index);
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}"}""");
    }

    [Theory]
    [InlineData("catalog/register", "{", HttpStatusCode.BadRequest, "decode failed")]
    [InlineData("catalog/register", "{}", HttpStatusCode.InternalServerError, "Must provide node")]
    [InlineData("catalog/register", """{"Node":"bad"}""", HttpStatusCode.InternalServerError, "Must provide address")]
    [InlineData("catalog/register", """{"Node":"bad","Address":"1.1.1.1","Bogus":1}""", HttpStatusCode.BadRequest, "unknown field \"Bogus\"")]
    [InlineData("catalog/register", """{"Node":"bad","Address":"1.1.1.1","Check":{"CheckID":"c","ServiceID":"none","Status":"passing"}}""", HttpStatusCode.InternalServerError, "Missing service registration")]
    [InlineData("catalog/deregister", "{}", HttpStatusCode.InternalServerError, "Must provide node")]
    public async Task A_bad_catalog_change_is_refused(string path, string body, HttpStatusCode consul, string reason) =>
        AssertRefused(await PutAsync(path, body), consul, reason);

    [Fact]
    public async Task The_registry_says_who_it_is()
    {
        Assert.Contains(":", (await GetAsync("status/leader")).Json.GetString(), StringComparison.Ordinal);
        Assert.Single((await GetAsync("status/peers")).Json.EnumerateArray());
        Assert.Equal([Target.Datacenter], (await GetAsync("catalog/datacenters")).Json.EnumerateArray().Select(name => name.GetString()));
        var self = (await GetAsync("agent/self")).Json;
        Assert.Equal(Target.Node, Text(self.GetProperty("Config"), "NodeName"));
        Assert.Equal(Target.Datacenter, Text(self.GetProperty("Config"), "Datacenter"));
        var health = (await GetAsync("health/node/" + Target.Node)).Json.EnumerateArray().Single(check => Text(check, "CheckID") == "serfHealth");
        Assert.Equal("passing", Text(health, "Status"));
        Assert.Equal("", Text(health, "ServiceID"));
        Assert.True((await GetAsync("catalog/services")).Json.TryGetProperty("consul", out _));
        Assert.False((await GetAsync("agent/services")).Json.TryGetProperty("consul", out _));
    }

    [Theory]
    [InlineData("health/service/", "Missing service name")]
    [InlineData("health/node/", "Missing node name")]
    [InlineData("health/state/", "Missing check state")]
    [InlineData("catalog/service/", "Missing service name")]
    [InlineData("catalog/node/", "Missing node name")]
    public async Task A_read_without_a_name_is_refused(string path, string reason)
    {
        var answer = await GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(reason, answer.Text, StringComparison.Ordinal);
    }
}
