using LoadBalancer.Core.Model;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>Agents that die, forget, refuse and lie.</summary>
public sealed class OutageTests
{
    private static object Instance(string service, int number) => new { ID = $"{service}-{number}", Name = service, Port = 8000 + number };

    [Fact]
    public async Task An_agent_that_comes_back_empty_is_doubted()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        foreach (var number in Enumerable.Range(1, 3))
        {
            await agent.RegisterAsync(Instance("api", number));
            await agent.RegisterAsync(Instance("web", number));
        }
        await using var source = new RunningSource(new() { Address = agent.Address.AbsoluteUri });
        foreach (var service in new[] { "api", "web" })
        {
            await source.Feed.UntilAsync(service, seen => seen.Endpoints.Length == 3, "all three");
        }
        await Eventually.True(() => source.Feed.Completions == 1, "complete");

        await agent.KillAsync();
        await Eventually.True(() => source.Feed.Failures.Count > 0, "the source says that no agent answers");
        await Eventually.True(() => source.Feed.LastOf("api") is Observation.Failed && source.Feed.LastOf("web") is Observation.Failed, "both services failed");
        Assert.Equal(3, source.Feed.Seen("api")!.Endpoints.Length);

        await agent.StartAgainAsync();
        foreach (var service in new[] { "api", "web" })
        {
            await source.Feed.UntilAsync(service, seen => seen.Endpoints.IsEmpty, "empty");
            Assert.Contains("went back", source.Feed.Log(service).Select(entry => entry.Observation).OfType<Observation.Seen>().First(seen => seen.Endpoints.IsEmpty).Doubt, StringComparison.Ordinal);
        }
        await Eventually.True(() => source.Feed.Completions > 1, "complete again");

        await agent.RegisterAsync(Instance("api", 1));
        await source.Feed.UntilAsync("api", seen => seen is { Endpoints.Length: 1, Doubt: null }, "one came back");
    }

    [Fact]
    public async Task A_new_agent_with_the_same_instances_is_no_loss()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        await agent.RegisterAsync(Instance("api", 1));
        await using var other = await ConsulAgent.StartAsync();
        await other.RegisterAsync(Instance("api", 1));
        await using var source = new RunningSource(new() { Address = agent.Address.AbsoluteUri, Addresses = [other.Address.AbsoluteUri] });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "from the first agent");

        await agent.KillAsync();
        await other.RegisterAsync(Instance("api", 2));
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 2, "from the second agent");
        Assert.DoesNotContain(source.Feed.Log("api"), entry => entry.Observation is Observation.Seen { Endpoints.Length: 0 });
        Assert.Contains(source.Log, line => line.Contains("asking", StringComparison.Ordinal) && line.Contains(other.HttpPort.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

        await agent.StartAgainAsync();
        await other.KillAsync();
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.IsEmpty, "the first agent again, which forgot");
        Assert.NotNull(source.Feed.Seen("api")!.Doubt);
    }

    [Fact]
    public async Task After_a_lost_connection_most_endpoints_missing_is_doubted()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        foreach (var number in Enumerable.Range(1, 3))
        {
            await agent.RegisterAsync(Instance("api", number));
        }
        // The other knows fewer instances, and its index is higher all the same.
        await using var other = await ConsulAgent.StartAsync();
        foreach (var number in Enumerable.Range(1, 20))
        {
            await other.RegisterAsync(Instance("more", number));
        }
        await other.RegisterAsync(Instance("api", 1));
        await using var source = new RunningSource(new() { Address = agent.Address.AbsoluteUri, Addresses = [other.Address.AbsoluteUri], Services = ["api"] });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 3, "all three");
        await agent.KillAsync();
        await source.Feed.UntilAsync("api", seen => seen is { Endpoints.Length: 1, Doubt: "2 of 3 endpoints are gone since the connection to Consul was lost" }, "doubted");
    }

    [Fact]
    public async Task A_token_that_is_withdrawn_keeps_what_is_known()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync(configuration: """acl { enabled = true, default_policy = "deny", tokens { master = "root-secret", agent = "root-secret" } }""", token: "root-secret");
        await agent.RegisterAsync(Instance("api", 1));
        var (accessor, secret) = await agent.CreateTokenAsync("""service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }""");
        var file = Path.Combine(Path.GetTempPath(), $"lb-token-{agent.HttpPort}");
        await File.WriteAllTextAsync(file, secret + "\n", TestContext.Current.CancellationToken);
        try
        {
            await using var source = new RunningSource(new() { Address = agent.Address.AbsoluteUri, TokenFile = file, Wait = TimeSpan.FromSeconds(1) });
            await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen with the token");

            await agent.DeleteAsync("v1/acl/token/" + accessor);
            await Eventually.True(() => source.Feed.LastOf("api") is Observation.Failed, "refused");
            var error = Assert.IsType<Observation.Failed>(source.Feed.LastOf("api")).Error;
            Assert.Contains("403", error, StringComparison.Ordinal);
            Assert.Contains("service:read and node:read", error, StringComparison.Ordinal);
            Assert.Contains("/v1/health/service/api", error, StringComparison.Ordinal);
            Assert.Single(source.Feed.Seen("api")!.Endpoints);

            var (_, another) = await agent.CreateTokenAsync("""service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }""");
            await File.WriteAllTextAsync(file, another, TestContext.Current.CancellationToken);
            await agent.RegisterAsync(Instance("api", 2));
            await source.Feed.UntilAsync("api", seen => seen is { Endpoints.Length: 2, Doubt: null }, "seen with the new token");
            Assert.DoesNotContain(source.Log, line => line.Contains(secret, StringComparison.Ordinal) || line.Contains(another, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }

        // Without any token Consul answers, but with nothing.
        await using var blind = new RunningSource(new() { Address = agent.Address.AbsoluteUri });
        await Eventually.True(() => blind.Log.Any(line => line.Contains("does the token have service:read", StringComparison.Ordinal)), "it says why there is nothing");
    }

    [Theory]
    [InlineData(Fault.ServerError, "500")]
    [InlineData(Fault.Malformed, "malformed")]
    [InlineData(Fault.WrongShape, "malformed")]
    [InlineData(Fault.NoIndex, "X-Consul-Index")]
    [InlineData(Fault.Truncated, "")]
    [InlineData(Fault.Drop, "")]
    public async Task A_bad_answer_is_an_error_and_removes_nothing(Fault fault, string says)
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        await agent.RegisterAsync(Instance("api", 1));
        await using var proxy = await FaultProxy.StartAsync(agent.Address);
        await using var source = new RunningSource(new() { Address = proxy.Address.AbsoluteUri, Wait = TimeSpan.FromSeconds(1) });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen through the proxy");

        proxy.Fault = fault;
        await Eventually.True(() => source.Feed.LastOf("api") is Observation.Failed, "failed");
        Assert.Contains(says, Assert.IsType<Observation.Failed>(source.Feed.LastOf("api")).Error, StringComparison.Ordinal);
        await Eventually.True(() => source.Feed.Failures.Count > 0, "the source says so, too");
        Assert.DoesNotContain(source.Feed.Log("api"), entry => entry.Observation is Observation.Seen { Endpoints.Length: 0 });

        proxy.Fault = Fault.None;
        await agent.RegisterAsync(Instance("api", 2));
        await source.Feed.UntilAsync("api", seen => seen is { Endpoints.Length: 2, Doubt: null }, "recovered");
    }

    [Fact]
    public async Task A_leaderless_answer_is_doubted_and_completes_nothing()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        await agent.RegisterAsync(Instance("api", 1));
        await using var proxy = await FaultProxy.StartAsync(agent.Address);
        proxy.Fault = Fault.NoLeader;
        await using var source = new RunningSource(new() { Address = proxy.Address.AbsoluteUri, Wait = TimeSpan.FromSeconds(1) });
        await source.Feed.UntilAsync("api", seen => seen.Doubt == "the Consul servers know no leader", "doubted");
        Assert.Equal(0, source.Feed.Completions);
        proxy.Fault = Fault.None;
        await source.Feed.UntilAsync("api", seen => seen.Doubt is null, "no longer doubted");
        await Eventually.True(() => source.Feed.Completions > 0, "complete");
    }

    [Fact]
    public async Task A_silent_watch_is_restarted()
    {
        RealConsul.OrSkip();
        await using var agent = await ConsulAgent.StartAsync();
        await agent.RegisterAsync(Instance("api", 1));
        await using var proxy = await FaultProxy.StartAsync(agent.Address);
        await using var source = new RunningSource(new() { Address = proxy.Address.AbsoluteUri, Wait = TimeSpan.FromSeconds(1), SilenceTimeout = TimeSpan.FromSeconds(2) });
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 1, "seen");
        proxy.Fault = Fault.SilentWatches;
        await Eventually.True(() => source.Feed.Of("api").Any(o => o is Observation.Failed { Error: var error } && error.Contains("no answer within", StringComparison.Ordinal)), "given up");
        await agent.RegisterAsync(Instance("api", 2));
        await source.Feed.UntilAsync("api", seen => seen.Endpoints.Length == 2, "asked again at index 0");
    }

    [Fact]
    public async Task Nobody_answers_at_the_start()
    {
        await using var source = new RunningSource(new() { Address = $"127.0.0.1:{Ports.Free()}", Addresses = [$"127.0.0.1:{Ports.Free()}"] });
        await Eventually.True(() => source.Feed.Failures.Count > 0, "it says so");
        Assert.Equal(0, source.Feed.Completions);
        Assert.Empty(source.Feed.Services);
    }
}
