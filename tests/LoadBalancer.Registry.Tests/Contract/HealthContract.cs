using System.Net;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class HealthContract(Target target) : ContractTests(target)
{
    [Fact]
    public async Task A_ttl_check_is_what_it_was_told()
    {
        var name = NewName("told");
        var check = "service:" + name;
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\"}");
        await CheckAsync(name, check, "critical");
        await PutOkAsync($"agent/check/pass/{check}?note=fine");
        await CheckAsync(name, check, "passing");
        Assert.Equal("fine", Text((await GetAsync("agent/checks")).Json.GetProperty(check), "Output"));
        await PutOkAsync($"agent/check/warn/{check}");
        await CheckAsync(name, check, "warning");
        await PutOkAsync($"agent/check/fail/{check}");
        await CheckAsync(name, check, "critical");
        await PutOkAsync("agent/check/update/" + check, """{"Status":"passing","Output":"well"}""");
        await CheckAsync(name, check, "passing");
        Assert.Equal("well", Text((await GetAsync("health/checks/" + name)).Json[0], "Output"));
    }

    [Fact]
    public async Task A_ttl_check_that_is_not_told_turns_critical()
    {
        var name = NewName("ttl");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"1s\",\"Status\":\"passing\"}");
        await CheckAsync(name, "service:" + name, "critical");
        Assert.Contains("TTL expired", Text((await GetAsync("health/checks/" + name)).Json[0], "Output"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_changes_alone_is_not_told_to_the_catalog_at_once()
    {
        var name = NewName("talk");
        var check = "service:" + name;
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        var before = (await GetAsync("health/service/" + name)).Index;
        await PutOkAsync($"agent/check/pass/{check}?note=new");
        Assert.Equal("new", Text((await GetAsync("agent/checks")).Json.GetProperty(check), "Output"));
        Assert.Equal(before, (await GetAsync("health/service/" + name)).Index);
        Assert.Equal("", Text((await GetAsync("health/checks/" + name)).Json[0], "Output"));
    }

    [Fact]
    public async Task An_http_check_follows_its_target()
    {
        await using var backend = await Backend.StartAsync();
        var name = NewName("http");
        await RegisterAsync(name, name, $$"""
            "Check":{"HTTP":"{{backend.Address}}health","Method":"POST","Header":{"X-Probe":["one","two"]},"Body":"ping","Interval":"1s","Timeout":"5s"}
            """);
        var check = "service:" + name;
        await CheckAsync(name, check, "passing");
        Assert.Equal("POST /health one,two ping", backend.LastRequest);
        backend.Status = 429;
        await CheckAsync(name, check, "warning");
        backend.Status = 503;
        await CheckAsync(name, check, "critical");
        Assert.Contains("503", Text((await GetAsync("health/checks/" + name)).Json[0], "Output"), StringComparison.Ordinal);
        backend.Status = 204;
        await CheckAsync(name, check, "passing");
    }

    [Fact]
    public async Task A_tcp_check_follows_its_target()
    {
        var name = NewName("tcp");
        await using (var backend = await Backend.StartAsync())
        {
            await RegisterAsync(name, name, $$"""
                "Check":{"TCP":"127.0.0.1:{{backend.Address.Port}}","Interval":"1s"}
                """);
            await CheckAsync(name, "service:" + name, "passing");
        }
        await CheckAsync(name, "service:" + name, "critical");
    }

    [Fact]
    public async Task Maintenance_is_a_critical_check_with_the_reason()
    {
        var name = NewName("maint");
        await RegisterAsync(name, name + "-1", "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        await PutOkAsync($"agent/service/maintenance/{name}-1?enable=true&reason=new%20disk");
        var id = $"_service_maintenance:{name}-1";
        var instance = (await HealthAsync(name, list => Checks(list[0]).Any(check => Text(check, "CheckID") == id), "in maintenance"))[0];
        var maintenance = Checks(instance).Single(check => Text(check, "CheckID") == id);
        Assert.Equal("critical", Text(maintenance, "Status"));
        Assert.Equal("new disk", Text(maintenance, "Notes"));
        Assert.Equal("Service Maintenance Mode", Text(maintenance, "Name"));
        var agent = await GetAsync($"agent/health/service/id/{name}-1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, agent.Status);
        Assert.Equal("maintenance", Text(agent.Json, "AggregatedStatus"));

        await PutOkAsync($"agent/service/maintenance/{name}-1?enable=false");
        await HealthAsync(name, list => Checks(list[0]).Count() == 2, "out of maintenance");
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("?enable=perhaps", HttpStatusCode.BadRequest)]
    [InlineData("?enable=true", HttpStatusCode.NotFound)]
    public async Task Maintenance_of_nothing_or_without_a_word_is_refused(string query, HttpStatusCode status) =>
        Assert.Equal(status, (await PutAsync("agent/service/maintenance/not-there" + query)).Status);

    [Fact]
    public async Task Passing_leaves_out_what_is_not_and_tags_must_all_match()
    {
        var name = NewName("some");
        foreach (var (id, status, tags) in new[] { ("a", "passing", "\"x\",\"y\""), ("b", "warning", "\"x\""), ("c", "critical", "\"y\"") })
        {
            await RegisterAsync(name, $"{name}-{id}", $$""" "Tags":[{{tags}}],"Check":{"TTL":"10m","Status":"{{status}}"} """);
        }
        async Task<string> Ids(string query) => string.Join(',', (await GetAsync($"health/service/{name}{query}")).Json.EnumerateArray().Select(instance => Id(instance)[^1..]).Order(StringComparer.Ordinal));

        Assert.Equal("a,b,c", await Ids(""));
        Assert.Equal("a", await Ids("?passing"));
        Assert.Equal("a", await Ids("?passing=true"));
        Assert.Equal("a,b,c", await Ids("?passing=false"));
        Assert.Equal("a,b", await Ids("?tag=x"));
        Assert.Equal("a,b", await Ids("?tag=X"));
        Assert.Equal("a", await Ids("?tag=x&tag=y"));
        Assert.Equal("", await Ids("?tag=z"));
        Assert.Equal("a,b,c", await Ids("?near=_agent&stale"));
        Assert.Equal("a,b,c", await Ids("?consistent&dc=" + Target.Datacenter));
        Assert.Equal("a,b,c", await Ids("?cached"));
    }

    [Fact]
    public async Task Overall_health_is_a_status_code()
    {
        var name = NewName("code");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        foreach (var (verb, word, code) in new[] { ("pass", "passing", 200), ("warn", "warning", 429), ("fail", "critical", 503) })
        {
            await PutOkAsync($"agent/check/{verb}/service:{name}");
            var byId = await GetAsync("agent/health/service/id/" + name);
            Assert.Equal(code, (int)byId.Status);
            Assert.Equal(word, Text(byId.Json, "AggregatedStatus"));
            var byName = await GetAsync("agent/health/service/name/" + name);
            Assert.Equal(code, (int)byName.Status);
            Assert.Equal(word, Text(byName.Json[0], "AggregatedStatus"));
            Assert.Equal(word, (await GetAsync($"agent/health/service/name/{name}?format=text")).Text);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("agent/health/service/id/not-there")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("agent/health/service/name/not-there")).Status);
    }

    [Fact]
    public async Task Checks_are_registered_and_removed_alone()
    {
        var name = NewName("alone");
        await RegisterAsync(name, name);
        await PutOkAsync("agent/check/register", $$"""{"ID":"{{name}}-c","Name":"extra","Notes":"n","ServiceID":"{{name}}","TTL":"10m","Status":"warning"}""");
        await CheckAsync(name, name + "-c", "warning");
        Assert.Contains((await GetAsync("health/state/warning")).Json.EnumerateArray(), check => Text(check, "CheckID") == name + "-c");
        Assert.Contains((await GetAsync("health/state/any")).Json.EnumerateArray(), check => Text(check, "CheckID") == name + "-c");
        Assert.DoesNotContain((await GetAsync("health/state/passing")).Json.EnumerateArray(), check => Text(check, "CheckID") == name + "-c");
        Assert.Contains((await GetAsync("health/node/" + Target.Node)).Json.EnumerateArray(), check => Text(check, "CheckID") == name + "-c");
        await PutOkAsync($"agent/check/deregister/{name}-c");
        await HealthAsync(name, list => Checks(list[0]).Count() == 1, "the check is gone");
        await PutOkAsync($"agent/check/deregister/{name}-c");
    }

    [Fact]
    public async Task Bad_checks_and_tellings_are_refused()
    {
        AssertRefused(await PutAsync("agent/check/register", "{}"), HttpStatusCode.BadRequest, Target.IsConsul ? "Missing check name" : "TTL");
        AssertRefused(await PutAsync("agent/check/register", """{"Name":"bad"}"""), HttpStatusCode.BadRequest, "TTL must be > 0");
        AssertRefused(await PutAsync("agent/check/register", """{"Name":"bad","TTL":"1s","Bogus":1}"""), HttpStatusCode.BadRequest, "unknown field \"Bogus\"");
        AssertRefused(await PutAsync("agent/check/register", """{"Name":"bad","TTL":"1s","ServiceID":"not-there"}"""), HttpStatusCode.InternalServerError, "ServiceID \"not-there\" does not exist");
        AssertRefused(await PutAsync("agent/check/update/x", """{"Status":"good"}"""), HttpStatusCode.BadRequest, "Invalid check status");
        // Consul 1.8 says 500, later ones 404.
        var told = await PutAsync("agent/check/pass/not-there");
        Assert.Equal(Target.IsConsul ? HttpStatusCode.InternalServerError : HttpStatusCode.NotFound, told.Status);
        Assert.Contains("\"not-there\" does not have associated TTL", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_maintenance_reaches_every_instance()
    {
        await using var target = Target.Fresh();
        await target.InitializeAsync();
        await new NodeMaintenance(target).RunAsync();
    }

    private sealed class NodeMaintenance(Target target) : ContractTests(target)
    {
        public async Task RunAsync()
        {
            await RegisterAsync("one", "one");
            await RegisterAsync("two", "two");
            await PutOkAsync("agent/maintenance?enable=true&reason=kernel");
            foreach (var name in new[] { "one", "two" })
            {
                var instance = (await HealthAsync(name, list => Checks(list[0]).Count() == 2, "the node is in maintenance"))[0];
                var check = Checks(instance).Single(check => Text(check, "CheckID") == "_node_maintenance");
                Assert.Equal("critical", Text(check, "Status"));
                Assert.Equal("kernel", Text(check, "Notes"));
                Assert.Empty((await GetAsync($"health/service/{name}?passing")).Json.EnumerateArray());
                Assert.Equal("maintenance", Text((await GetAsync("agent/health/service/id/" + name)).Json, "AggregatedStatus"));
            }
            await PutOkAsync("agent/maintenance?enable=false");
            await HealthAsync("one", list => Checks(list[0]).Count() == 1, "the node is back");
            Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync("agent/maintenance")).Status);
        }
    }
}
