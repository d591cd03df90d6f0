using System.Text.Json.Nodes;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>What all drills share.</summary>
internal static class Drill
{
    public static async Task<ConsulAgent> ConsulAsync(string datacenter = "dc1")
    {
        if (!ConsulAgent.Available)
        {
            Assert.Skip(Tools.Missing("consul"));
        }
        return await ConsulAgent.StartAsync(datacenter);
    }

    /// <summary>An lb.json that follows this agent.</summary>
    /// <param name="agent">Its HTTP address.</param>
    /// <param name="consul">More keys of discovery.consul, each followed by a comma.</param>
    /// <param name="discovery">More keys of discovery, each with a comma before.</param>
    /// <param name="more">More keys of the file, each with a comma before.</param>
    public static LbConfig Following(Uri agent, string consul = "", string discovery = "", string more = "") =>
        Config($$"""{ "discovery": { "consul": { {{consul}} "address": "{{agent}}" } {{discovery}} } {{more}} }""");

    /// <summary>An lb.json with these keys, and with a listener and the admin interface.</summary>
    public static LbConfig Config(string json)
    {
        var config = new LbConfig();
        foreach (var (key, value) in JsonNode.Parse(json)!.AsObject())
        {
            config.Root[key] = value?.DeepClone();
        }
        return config;
    }

    public static async Task<Instance[]> InstancesAsync(string service, int count) =>
        await Task.WhenAll(Enumerable.Range(1, count).Select(i => Instance.StartAsync($"{service}-{i}")));

    public static async Task RegisterAsync(this Registrar registrar, IEnumerable<Instance> instances, bool ttl = false)
    {
        foreach (var instance in instances)
        {
            await registrar.RegisterAsync(instance, ttl: ttl);
        }
    }

    public static async ValueTask DisposeAllAsync(this IEnumerable<IAsyncDisposable> all)
    {
        foreach (var one in all)
        {
            await one.DisposeAsync();
        }
    }

    /// <summary>Stops the load and demands that every request was answered as it should be.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> EndWithoutLossAsync(this ConstantLoad load, LbProcess lb, int atLeast = 100)
    {
        var answers = await load.StopAsync();
        var failed = answers.Where(answer => answer.Fault is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {answers.Count} failed: {string.Join("; ", failed.Select(answer => answer.Fault).Distinct().Take(5))}\n{lb.Process.Output}");
        Assert.True(answers.Count >= atLeast, $"only {answers.Count} requests were sent");
        return answers.Count;
    }

    /// <summary>Waits until that many more answers have come.</summary>
    public static Task GoesOnAsync(this ConstantLoad load, int answers)
    {
        var until = load.Answers.Count + answers;
        return Eventually.True(() => load.Answers.Count >= until, $"{answers} more answers", TimeSpan.FromSeconds(60));
    }

    public static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
