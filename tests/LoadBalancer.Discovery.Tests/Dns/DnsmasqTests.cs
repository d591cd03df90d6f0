using LoadBalancer.Core.Model;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Dns;

/// <summary>The DNS source against a real server that is not Consul.</summary>
public sealed class DnsmasqTests
{
    private static string[] Targets(int count, string address = "10.0.0.") =>
    [
        .. Enumerable.Range(1, count).SelectMany(i => new[]
        {
            $"--srv-host=_api._tcp.example.com,n{i}.example.com,{8000 + i},{i % 2},{i}",
            $"--host-record=n{i}.example.com,{address}{i}",
        }),
    ];

    [Fact]
    public async Task Every_record_becomes_an_endpoint_with_its_priority_and_weight()
    {
        await using var server = await StartAsync(Targets(20));
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp"));

        await Eventually.True(() => running.Feed.Completions > 0, "complete");

        var endpoints = running.Seen("api").Endpoints;
        Assert.Equal(20, endpoints.Length);
        foreach (var endpoint in endpoints)
        {
            var i = endpoint.Port - 8000;
            Assert.Equal(($"10.0.0.{i}", i % 2, i), (endpoint.Host, endpoint.Priority, endpoint.Weight));
            Assert.Equal(EndpointId.OfAddress(endpoint.Host, endpoint.Port), endpoint.Id);
        }
        Assert.Equal(endpoints.OrderBy(e => e.Priority).ThenBy(e => e.Port), endpoints);
        Assert.Empty(running.Feed.Failures);
    }

    [Fact]
    public async Task Records_that_change_are_followed_and_a_name_that_goes_is_empty()
    {
        await using var server = await StartAsync(Targets(2));
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp"));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.2:8002 10.0.0.1:8001", "two endpoints");

        await server.RestartAsync(Targets(2, "10.9.9."));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.9.9.2:8002 10.9.9.1:8001", "moved endpoints");

        await server.RestartAsync();
        await Eventually.True(() => running.Feed.AddressesOf("api") == "", "no endpoints");
    }

    [Fact]
    public async Task A_dead_server_is_an_error_and_what_is_missing_after_its_return_is_doubtful()
    {
        await using var server = await StartAsync(Targets(3));
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp"));
        await Eventually.True(() => running.Feed.Completions == 1, "complete");
        Assert.Null(running.Seen("api").Doubt);

        await server.StopAsync();
        await Eventually.True(() => running.Feed.LastOf("api") is Observation.Failed, "an error");
        await Eventually.True(() => running.Feed.Failures.Count == 1, "the source fails as a whole");

        await server.RestartAsync(Targets(1));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.1:8001", "one endpoint");
        Assert.Contains("came back", running.Seen("api").Doubt, StringComparison.Ordinal);
        var so_far = running.Feed.Of("api").Count;
        await Eventually.True(() => running.Feed.Of("api").Count > so_far + 2, "more answers");
        Assert.Contains("came back", running.Seen("api").Doubt, StringComparison.Ordinal);
        Assert.Equal(2, running.Feed.Completions);

        await server.RestartAsync(Targets(3));
        await Eventually.True(() => running.Feed.LastOf("api") is Observation.Seen { Endpoints.Length: 3, Doubt: null }, "nothing is missing: no doubt");
    }

    [Fact]
    public async Task A_name_that_never_was_is_empty_and_delays_nobody()
    {
        await using var server = await StartAsync(Targets(1));
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "nope", "_api._tcp"));

        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        Assert.Equal("", running.Feed.AddressesOf("nope"));
        Assert.Equal("10.0.0.1:8001", running.Feed.AddressesOf("api"));
    }

    [Fact]
    public async Task Targets_without_an_address_in_the_answer_are_asked_for()
    {
        // dnsmasq adds addresses to an answer for its host records only, not for these.
        await using var server = await StartAsync(
            "--srv-host=_api._tcp.example.com,four.other.test,1", "--address=/four.other.test/10.0.0.4",
            "--local=/other.test/", "--srv-host=_api._tcp.example.com,six.other.test,2", "--address=/six.other.test/fd00::6",
            "--srv-host=_api._tcp.example.com,gone.other.test,3",
            "--srv-host=_api._tcp.example.com,alias.example.com,5", "--cname=alias.example.com,real.example.com", "--host-record=real.example.com,10.0.0.5");
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp"));

        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        Assert.Equal("10.0.0.4:1 10.0.0.5:5 [fd00::6]:2", running.Feed.AddressesOf("api"));
        Assert.Null(running.Seen("api").Doubt);
    }

    [Fact]
    public async Task A_target_of_both_families_uses_the_preferred_one()
    {
        await using var server = await StartAsync("--srv-host=_api._tcp.example.com,both.example.com,80", "--host-record=both.example.com,10.0.0.1,fd00::1");
        var options = RunningSource.Options(server.Server, "_api._tcp");
        await using var four = RunningSource.Start(options);
        await using var six = RunningSource.Start(options with { PreferIPv6 = true });

        await Eventually.True(() => four.Feed.AddressesOf("api") == "10.0.0.1:80", "IPv4");
        await Eventually.True(() => six.Feed.AddressesOf("api") == "[fd00::1]:80", "IPv6");
    }

    [Fact]
    public async Task A_target_that_cannot_be_asked_for_keeps_its_address()
    {
        // What ends in .other.test is forwarded to a second server, which goes away.
        await using var second = await StartAsync("--address=/far.other.test/10.0.0.9", "--local-ttl=0");
        await using var server = await StartAsync([.. Targets(1), "--srv-host=_api._tcp.example.com,far.other.test,9,0,1", $"--server=/other.test/127.0.0.1#{second.Port}", "--cache-size=0"]);
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp") with { Timeout = TimeSpan.FromMilliseconds(300), Tries = 1 });
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.9:9 10.0.0.1:8001", "both targets");

        await second.StopAsync();
        var before = running.Feed.Of("api").Count;
        await Eventually.True(() => running.Feed.Of("api").Count > before + 3, "more answers");

        Assert.All(running.Feed.Of("api"), observation => Assert.Equal(2, Assert.IsType<Observation.Seen>(observation).Endpoints.Length));
    }

    [Fact]
    public async Task A_server_that_is_down_is_passed_over()
    {
        await using var server = await StartAsync(Targets(1));
        var options = RunningSource.Options(server.Server, "_api._tcp") with { Servers = [$"127.0.0.1:{Ports.Free()}", server.Server] };
        await using var running = RunningSource.Start(options);

        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        Assert.Equal("10.0.0.1:8001", running.Feed.AddressesOf("api"));
        Assert.Empty(running.Feed.Failures);
    }

    [Fact]
    public async Task A_server_may_be_given_by_its_name()
    {
        await using var server = await StartAsync(Targets(1));
        await using var running = RunningSource.Start(RunningSource.Options($"localhost:{server.Port}", "_api._tcp"));

        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.0.0.1:8001", "an endpoint");
    }

    [Fact]
    public async Task Nobody_answers_at_first_then_all_is_complete()
    {
        await using var server = await StartAsync();
        await server.StopAsync();
        await using var running = RunningSource.Start(RunningSource.Options(server.Server, "_api._tcp", "b", "c"));
        await Eventually.True(() => running.Feed.Failures.Count == 1 && running.Feed.LastOf("c") is Observation.Failed, "it fails");
        Assert.Equal(0, running.Feed.Completions);

        await server.RestartAsync(Targets(1));
        await Eventually.True(() => running.Feed.Completions == 1, "complete");
        Assert.Equal("10.0.0.1:8001", running.Feed.AddressesOf("api"));
        Assert.Single(running.Feed.Failures);
    }

    [Fact]
    public async Task New_options_start_and_end_services_while_it_runs()
    {
        await using var first = await StartAsync(Targets(1));
        await using var second = await StartAsync(Targets(1, "10.2.2."));
        await using var running = RunningSource.Start(RunningSource.Options(first.Server, "_api._tcp", "_old._tcp"));
        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        running.Source.Update(RunningSource.Options(first.Server, "_api._tcp", "new"));
        await Eventually.True(() => running.Feed.Completions == 2, "complete again");
        Assert.Equal("", running.Feed.AddressesOf("new"));
        Assert.Equal("", running.Feed.AddressesOf("old"));
        var old = running.Feed.Of("old").Count;

        running.Source.Update(RunningSource.Options(second.Server, "_api._tcp", "new"));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "10.2.2.1:8001", "the other server's answer");
        Assert.Equal(old, running.Feed.Of("old").Count);

        running.Source.Update(RunningSource.Options(second.Server));
        await Eventually.True(() => running.Feed.AddressesOf("api") == "", "not followed any more");
    }

    [Fact]
    public async Task Five_hundred_services_are_known_soon()
    {
        string[] names = [.. Enumerable.Range(0, 500).Select(i => $"_s{i}._tcp")];
        await using var server = await StartAsync([
            .. names.Select((name, i) => $"--srv-host={name}.example.com,n.example.com,{1000 + i}"), "--host-record=n.example.com,10.0.0.1", "--local-ttl=60", "--dns-forward-max=1000"]);
        var options = RunningSource.Options(server.Server, names) with { MinRefresh = TimeSpan.FromSeconds(1), MaxRefresh = TimeSpan.FromMinutes(10) };
        await using var running = RunningSource.Start(options);

        await Eventually.True(() => running.Feed.Completions == 1, "complete", TimeSpan.FromSeconds(60));

        // On a busy machine one may have met the timeout and come a moment later.
        for (var i = 0; i < names.Length; i++)
        {
            await Eventually.True(() => running.Feed.AddressesOf($"s{i}") == $"10.0.0.1:{1000 + i}", names[i]);
        }
    }

    private static Task<Dnsmasq> StartAsync(params string[] options)
    {
        if (Tools.Find("dnsmasq") is null)
        {
            Assert.Skip(Tools.Missing("dnsmasq"));
        }
        return Dnsmasq.StartAsync(options);
    }
}
