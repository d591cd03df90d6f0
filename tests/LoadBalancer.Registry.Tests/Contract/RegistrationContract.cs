using System.Net;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class RegistrationContract(Target target) : ContractTests(target)
{
    [Fact]
    public async Task A_service_registers_with_all_its_fields()
    {
        var name = NewName("full");
        await PutOkAsync("agent/service/register", $$"""
            {"ID":"{{name}}-1","Name":"{{name}}","Tags":["a","b"],"Address":"10.1.2.3","Port":5000,"Meta":{"version":"7"},"EnableTagOverride":true,
             "Weights":{"Passing":9,"Warning":2},"TaggedAddresses":{"wan":{"Address":"198.51.100.1","Port":80} },"Check":{"TTL":"60s","Status":"passing"} }
            """);
        var service = (await HealthAsync(name, list => list.Length == 1, "registered"))[0].GetProperty("Service");
        Assert.Equal(name + "-1", Text(service, "ID"));
        Assert.Equal(name, Text(service, "Service"));
        Assert.Equal(["a", "b"], service.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal("10.1.2.3", Text(service, "Address"));
        Assert.Equal(5000, service.GetProperty("Port").GetInt32());
        Assert.Equal("7", Text(service.GetProperty("Meta"), "version"));
        Assert.True(service.GetProperty("EnableTagOverride").GetBoolean());
        Assert.Equal(9, service.GetProperty("Weights").GetProperty("Passing").GetInt32());
        Assert.Equal(2, service.GetProperty("Weights").GetProperty("Warning").GetInt32());
        Assert.Equal("198.51.100.1", Text(service.GetProperty("TaggedAddresses").GetProperty("wan"), "Address"));

        var agent = (await GetAsync("agent/service/" + name + "-1")).Json;
        Assert.Equal(name, Text(agent, "Service"));
        Assert.Equal(5000, agent.GetProperty("Port").GetInt32());
        Assert.True((await GetAsync("agent/services")).Json.TryGetProperty(name + "-1", out _));

        var flat = (await GetAsync("catalog/service/" + name)).Json[0];
        Assert.Equal(Target.Node, Text(flat, "Node"));
        Assert.Equal("127.0.0.1", Text(flat, "Address"));
        Assert.Equal("10.1.2.3", Text(flat, "ServiceAddress"));
        Assert.Equal(5000, flat.GetProperty("ServicePort").GetInt32());
        Assert.Equal(9, flat.GetProperty("ServiceWeights").GetProperty("Passing").GetInt32());
        Assert.Equal("7", Text(flat.GetProperty("ServiceMeta"), "version"));
    }

    [Fact]
    public async Task Without_an_id_the_name_is_the_id_and_weights_are_one()
    {
        var name = NewName("bare");
        await RegisterAsync(name, name);
        var service = (await HealthAsync(name, list => list.Length == 1, "registered"))[0].GetProperty("Service");
        Assert.Equal("", Text(service, "Address"));
        Assert.Equal(1, service.GetProperty("Weights").GetProperty("Passing").GetInt32());
        Assert.Equal(1, service.GetProperty("Weights").GetProperty("Warning").GetInt32());
    }

    [Fact]
    public async Task Keys_match_without_regard_to_case_and_in_snake_case()
    {
        var name = NewName("keys");
        await PutOkAsync("agent/service/register", $$"""
            {"id":"{{name}}","NAME":"{{name}}","tags":["t"],"enable_tag_override":true,"tagged_addresses":{"lan":{"address":"10.0.0.9","port":1} },
             "check":{"http":"http://127.0.0.1:1/","interval":"10m","timeout":"1s","tls_skip_verify":true,"deregister_critical_service_after":"90m"} }
            """);
        var instance = (await HealthAsync(name, list => list.Length == 1 && Checks(list[0]).Count() == 2, "registered"))[0];
        Assert.True(instance.GetProperty("Service").GetProperty("EnableTagOverride").GetBoolean());
        Assert.Contains(Checks(instance), check => Text(check, "CheckID") == "service:" + name && Text(check, "Type") == "http" && Text(check, "Name") == $"Service '{name}' check");
    }

    [Theory]
    [InlineData("""{"service":{"id":"%","name":"%","tags":["demo"],"address":"127.0.0.1","port":5000,"checks":{"http":"http://127.0.0.1:1/","interval":"10m"}}}""")]
    [InlineData("""{"service":{"id":"%","name":"%","port":5000,"checks":[{"http":"http://127.0.0.1:1/","interval":"10m","success_before_passing":2}]}}""")]
    [InlineData("""{"service":{"id":"%","name":"%","port":5000,"check":{"id":"c","tcp":"127.0.0.1:1","interval":"10m","timeout":"1s"}}}""")]
    public async Task The_form_of_definition_files_registers_here_and_Consul_refuses_it(string form)
    {
        var name = NewName("wrapped");
        var answer = await PutAsync("agent/service/register", form.Replace("%", name, StringComparison.Ordinal));
        if (Target.IsConsul)
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Contains("unknown field \"service\"", answer.Text, StringComparison.Ordinal);
            return;
        }
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var instance = (await HealthAsync(name, list => list.Length == 1, "registered"))[0];
        Assert.Equal(5000, instance.GetProperty("Service").GetProperty("Port").GetInt32());
        Assert.Equal(2, Checks(instance).Count());
    }

    [Fact]
    public async Task Several_checks_get_numbered_ids()
    {
        var name = NewName("many");
        await RegisterAsync(name, name, """ "Checks":[{"TTL":"60s"},{"TTL":"60s","CheckID":"%-own","Name":"own","Notes":"n"}] """.Replace("%", name, StringComparison.Ordinal));
        var checks = (await HealthAsync(name, list => Checks(list[0]).Count() == 3, "with checks")).SelectMany(Checks).ToDictionary(check => Text(check, "CheckID"));
        Assert.Equal([name + "-own", "serfHealth", $"service:{name}:1"], checks.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("n", Text(checks[name + "-own"], "Notes"));
        Assert.Equal("own", Text(checks[name + "-own"], "Name"));
        Assert.Equal("critical", Text(checks[name + "-own"], "Status"));
        Assert.Equal("ttl", Text(checks[name + "-own"], "Type"));
        Assert.Equal("passing", Text(checks["serfHealth"], "Status"));
    }

    [Fact]
    public async Task Registering_again_changes_the_instance_and_keeps_the_state_of_its_checks()
    {
        var name = NewName("again");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"60s\"}");
        await PutOkAsync("agent/check/pass/service:" + name);
        await CheckAsync(name, "service:" + name, "passing");
        await PutOkAsync("agent/service/register", $$"""{"ID":"{{name}}","Name":"{{name}}","Port":81,"Tags":["new"],"Check":{"TTL":"60s","Status":"warning"} }""");
        var instance = (await HealthAsync(name, list => list[0].GetProperty("Service").GetProperty("Port").GetInt32() == 81, "the new port"))[0];
        Assert.All(Checks(instance), check => Assert.Equal("passing", Text(check, "Status")));
        await PutOkAsync("agent/service/register", $$"""{"ID":"{{name}}","Name":"{{name}}","Port":82}""");
        instance = (await HealthAsync(name, list => list[0].GetProperty("Service").GetProperty("Port").GetInt32() == 82, "the newest port"))[0];
        Assert.Equal(2, Checks(instance).Count());
    }

    [Theory]
    [InlineData(64, 128, 512, null)]
    [InlineData(65, 4, 1, "cannot contain more than 64 key/value pairs")]
    [InlineData(1, 129, 1, "Key is too long (limit: 128 characters)")]
    [InlineData(1, 4, 513, "Value is too long (limit: 512 characters)")]
    public async Task Meta_has_its_limits(int pairs, int key, int value, string? refusal)
    {
        var name = NewName("meta");
        var meta = string.Join(',', Enumerable.Range(0, pairs).Select(i => $"\"{i.ToString("D3", null).PadLeft(key, 'k')}\":\"{new string('v', value)}\""));
        var answer = await PutAsync("agent/service/register", $$$"""{"Name":"{{{name}}}","Meta":{{{{meta}}}}}""");
        Assert.Equal(refusal is null ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(refusal ?? "", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_index_of_an_instance_moves_when_its_registration_changes_and_only_then()
    {
        var (name, other) = (NewName("index"), NewName("other"));
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"60s\"}");
        var (created, modified) = await IndexesAsync();
        Assert.Equal(created, modified);

        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"60s\"}");
        await PutOkAsync("agent/check/pass/service:" + name);
        await CheckAsync(name, "service:" + name, "passing");
        await PutOkAsync($"agent/service/maintenance/{name}?enable=true");
        await HealthAsync(name, list => Checks(list[0]).Any(check => Text(check, "CheckID").StartsWith("_service_maintenance", StringComparison.Ordinal)), "maintenance");
        await RegisterAsync(other, other);
        await HealthAsync(other, list => list.Length == 1, "another");
        Assert.Equal((created, modified), await IndexesAsync());

        await RegisterAsync(name, name, "\"Meta\":{\"a\":\"b\"}");
        await HealthAsync(name, list => list[0].GetProperty("Service").GetProperty("Meta").TryGetProperty("a", out _), "meta");
        var after = await IndexesAsync();
        Assert.Equal(created, after.Created);
        Assert.True(after.Modified > modified, $"{after.Modified} after {modified}");

        async Task<(ulong Created, ulong Modified)> IndexesAsync()
        {
            var service = (await HealthAsync(name, list => list.Length == 1, "registered"))[0].GetProperty("Service");
            return (service.GetProperty("CreateIndex").GetUInt64(), service.GetProperty("ModifyIndex").GetUInt64());
        }
    }

    [Fact]
    public async Task Existing_checks_are_replaced_when_asked()
    {
        var name = NewName("replace");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"60s\",\"CheckID\":\"%-old\"}".Replace("%", name, StringComparison.Ordinal));
        await PutOkAsync("agent/service/register?replace-existing-checks=true", $$"""{"ID":"{{name}}","Name":"{{name}}","Check":{"TTL":"60s","CheckID":"{{name}}-new"} }""");
        await HealthAsync(name, list => Checks(list[0]).Select(check => Text(check, "CheckID")).Order(StringComparer.Ordinal).SequenceEqual([name + "-new", "serfHealth"]), "only the new check");
    }

    [Fact]
    public async Task Deregistering_removes_the_instance_and_its_checks_and_twice_is_fine()
    {
        var name = NewName("gone");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"60s\"}");
        await PutOkAsync("agent/service/deregister/" + name);
        await HealthAsync(name, list => list.Length == 0, "gone");
        Assert.False((await GetAsync("agent/checks")).Json.TryGetProperty("service:" + name, out _));
        Assert.False((await GetAsync("catalog/services")).Json.TryGetProperty(name, out _));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("agent/service/" + name)).Status);
        await PutOkAsync("agent/service/deregister/" + name);
    }

    [Fact]
    public async Task An_id_with_slashes_and_spaces_works()
    {
        var name = NewName("odd");
        await RegisterAsync(name, name + "/a b");
        await PutOkAsync($"agent/service/deregister/{name}/a%20b");
        await HealthAsync(name, list => list.Length == 0, "gone");
    }

    [Theory]
    [InlineData("", "decode failed")]
    [InlineData("{", "decode failed")]
    [InlineData("[]", "decode failed")]
    [InlineData("{}", "Missing service name")]
    [InlineData("""{"ID":"a"}""", "Missing service name")]
    [InlineData("""{"Name":"bad","Bogus":1}""", "unknown field \"Bogus\"")]
    [InlineData("""{"Name":"bad","Port":"80"}""", "Port")]
    [InlineData("""{"Name":"bad","Tags":"a"}""", "Tags")]
    [InlineData("""{"Name":"bad","Meta":{"a":1}}""", "Meta")]
    [InlineData("""{"Name":"bad","Meta":{"lb.balance":"random"}}""", "Key contains invalid characters")]
    [InlineData("""{"Name":"bad","Meta":{"":"x"}}""", "Key cannot be blank")]
    [InlineData("""{"Name":"bad","Meta":{"consul-x":"x"}}""", "Key prefix 'consul-' is reserved")]
    [InlineData("""{"Name":"bad","Address":"0.0.0.0"}""", "Invalid service address")]
    [InlineData("""{"Name":"bad","Weights":{"Passing":0}}""", "Passing must be greater than 0")]
    [InlineData("""{"Name":"bad","Weights":{"Passing":1,"Warning":65536}}""", "Weight must be between 0 and 65535")]
    [InlineData("""{"Name":"bad","Check":{"HTTP":"http://x/"}}""", "Interval must be > 0")]
    [InlineData("""{"Name":"bad","Check":{"HTTP":"http://x/","Interval":"ten"}}""", "duration")]
    [InlineData("""{"Name":"bad","Check":{"HTTP":"http://x/","Interval":"5s","TTL":"5s"}}""", "Interval and TTL cannot both be specified")]
    [InlineData("""{"Name":"bad","Check":{"TTL":"-1s"}}""", "TTL must be > 0")]
    [InlineData("""{"Name":"bad","Check":{"Interval":"1s"}}""", "TTL must be > 0")]
    [InlineData("""{"Name":"bad","Check":{"TTL":"1s","Status":"good"}}""", "Status for checks must")]
    public async Task A_bad_registration_is_refused_with_the_reason(string body, string reason)
    {
        var answer = await PutAsync("agent/service/register", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(reason, answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.False((await GetAsync("agent/services")).Json.TryGetProperty("bad", out _));
    }

    [Fact]
    public async Task Scripts_are_refused_unless_allowed() =>
        AssertRefused(await PutAsync("agent/service/register", """{"Name":"bad","Check":{"Args":["true"],"Interval":"5s"}}"""), HttpStatusCode.InternalServerError, "Scripts are disabled on this agent");

    [Theory]
    [InlineData("POST", "agent/service/register")]
    [InlineData("GET", "agent/service/register")]
    [InlineData("POST", "catalog/services")]
    [InlineData("PUT", "health/service/x")]
    public async Task A_wrong_method_is_not_allowed(string method, string path) =>
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await SendAsync(new HttpMethod(method), path, "{}")).Status);

    [Fact]
    public async Task An_unknown_path_is_not_found() =>
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("nothing/here")).Status);
}
