using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>The owner of a service sets its policy in the meta of its registrations with Consul.</summary>
public sealed class MetaDrills
{
    [Fact]
    public async Task Meta_sets_the_policy_and_a_wrong_value_is_shown_and_ignored()
    {
        await using var consul = await Drill.ConsulAsync();
        await using var first = await Instance.StartAsync("api-1");
        await using var second = await Instance.StartAsync("api-2");
        await using var other = await Instance.StartAsync("web-1");
        await RegisterAsync(consul, first, ("lb-rateLimit-rate", "0.01"), ("lb-rateLimit-burst", "2"));
        await RegisterAsync(consul, other, ("lb-retry-attempts", "many"));
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));

        await lb.ShowsAsync(service => service is { Available: 1, PolicyFrom: "node-dc1/api-1", PolicyProblems: [] }, "the meta of api-1");
        await AnswersAsync(lb, 200, 200, 429);

        // Another service's bad value is its own matter, and even it is served.
        const string Many = "node-dc1/web-1: lb-retry-attempts: found the text \"many\"; expected a whole number from 0 to 7, for example 1";
        await lb.ShowsAsync(service => service is { Available: 1, PolicyFrom: null, PolicyProblems: [Many] }, "what is wrong with web-1", "web");
        Assert.Equal(200, (await lb.GetAsync("web.haproxy.service.consul")).Status);
        var (_, status) = await LbProcess.RunAsync("status", "--admin", LbConfig.Loopback(lb.Config.AdminPort));
        Assert.Contains("\n  policy with the meta of node-dc1/api-1\n", status, StringComparison.Ordinal);
        Assert.Contains("\n  meta not in force: " + Many + "\n", status, StringComparison.Ordinal);
        await lb.Process.WaitForLineAsync("web: meta is not in force: " + Many);

        // A newer registration that cannot be read changes nothing; once it can be, it is in force.
        await RegisterAsync(consul, second, ("lb-rateLimit-rte", "0.01"));
        await lb.ShowsAsync(
            service => service is { Available: 2, PolicyFrom: "node-dc1/api-1", PolicyProblems: ["node-dc1/api-2: lb-rateLimit-rte: unknown key; did you mean \"lb-rateLimit-rate\"?"] }, "what is wrong with api-2");
        await AnswersAsync(lb, 429);
        await RegisterAsync(consul, second, ("LB_RATELIMIT", """{ "rate": 0.01, "burst": 3 }"""));
        await lb.ShowsAsync(
            service => service is { PolicyFrom: "node-dc1/api-2", PolicyProblems: ["node-dc1/api-1: asks for lb-rateLimit-burst=2 lb-rateLimit-rate=0.01; a newer registration that asks for something else is in force"] }, "the meta of api-2");
        await AnswersAsync(lb, 200, 200, 200, 429);

        // What is in force outlives Consul and the balancer.
        await Eventually.True(() => File.Exists(lb.StateFile) && File.ReadAllText(lb.StateFile).Contains("LB_RATELIMIT", StringComparison.Ordinal), "it is saved");
        await consul.KillAsync();
        await lb.Process.SignalAsync(Signals.Terminate);
        await lb.StartAgainAsync();
        await lb.ShowsAsync(service => service is { Stale: true, PolicyFrom: "node-dc1/api-2" }, "the meta of the state file");
        await AnswersAsync(lb, 200, 200, 200, 429);

        // The operator has the last word.
        lb.Config.Policy("api", """{ "rateLimit": null }""");
        await lb.ApplyAsync();
        await lb.ShowsAsync(service => service.PolicyProblems!.Contains("node-dc1/api-1: lb-rateLimit-rate: services.api.rateLimit.rate of lb.json is in force instead"), "lb.json is in force");
        await AnswersAsync(lb, 200, 200, 200, 200);
        lb.Config.Root["discovery"]!["serviceMeta"] = new System.Text.Json.Nodes.JsonArray();
        await lb.ApplyAsync();
        await lb.ShowsAsync(service => service is { PolicyFrom: null, PolicyProblems: [] }, "meta is off");
    }

    [Fact]
    public async Task A_change_of_meta_drops_nothing()
    {
        await using var consul = await Drill.ConsulAsync();
        var instances = await Drill.InstancesAsync("api", 2);
        foreach (var instance in instances)
        {
            await RegisterAsync(consul, instance);
        }
        await using var lb = await LbProcess.StartAsync(Drill.Following(consul.Address));
        await lb.ShowsAsync(service => service is { Available: 2, Balance: "roundRobin", PolicyFrom: null }, "both");
        var load = ConstantLoad.Start(lb.Config.WebPort);

        foreach (var balance in new[] { "leastRequest", "hash", "peakEwma", "first", "random" })
        {
            await RegisterAsync(consul, instances[0], ("lb-balance", balance), ("lb-limits-maxRequests", "1000"));
            await lb.ShowsAsync(service => service.Balance == balance, balance);
            await load.GoesOnAsync(50);
        }
        await RegisterAsync(consul, instances[1], ("version", "2"));
        await lb.ShowsAsync(service => service is { Balance: "roundRobin", PolicyFrom: null }, "the newest asks for nothing");
        await load.GoesOnAsync(50);

        await load.EndWithoutLossAsync(lb);
        await instances.DisposeAllAsync();
    }

    private static async Task AnswersAsync(LbProcess lb, params int[] expected)
    {
        foreach (var status in expected)
        {
            Assert.Equal(status, (await lb.GetAsync("api.haproxy.service.consul")).Status);
        }
    }

    private static Task RegisterAsync(ConsulAgent consul, Instance instance, params (string Key, string Value)[] meta) => consul.RegisterAsync(new
    {
        ID = instance.Id,
        Name = instance.Service,
        Address = "127.0.0.1",
        instance.Port,
        Meta = meta.ToDictionary(static pair => pair.Key, static pair => pair.Value),
    });
}
