using System.Net;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class BlockingContract(Target target) : ContractTests(target)
{
    [Fact]
    public async Task A_query_waits_for_its_service_and_for_no_other()
    {
        var (name, other) = (NewName("watched"), NewName("other"));
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        await RegisterAsync(other, other, "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        var before = (await GetAsync("health/service/" + name)).Index;
        var query = GetAsync($"health/service/{name}?index={before}&wait=1m");
        await RegisterAsync(other, other + "-2");
        await PutOkAsync("agent/check/fail/service:" + other);
        await CheckAsync(other, "service:" + other, "critical");
        Assert.Equal(before, (await GetAsync("health/service/" + name)).Index);
        await PutOkAsync("agent/check/warn/service:" + name);
        var answer = await query;
        // Had the other service woken it, it would not know of the warning.
        Assert.Contains(Checks(answer.Json[0]), check => Text(check, "Status") == "warning");
        Assert.True(answer.Index > before);
        Assert.Equal("true", answer.Header("X-Consul-KnownLeader"));
        Assert.Equal("0", answer.Header("X-Consul-LastContact"));
    }

    [Fact]
    public async Task A_query_for_an_unknown_service_waits_for_its_first_and_its_last_instance()
    {
        var name = NewName("comes");
        var none = await GetAsync("health/service/" + name);
        Assert.Empty(none.Json.EnumerateArray());
        var comes = GetAsync($"health/service/{name}?index={none.Index}&wait=1m");
        await RegisterAsync(name, name);
        var there = await comes;
        Assert.Equal(name, Id(there.Json[0]));
        var goes = GetAsync($"health/service/{name}?index={there.Index}&wait=1m");
        await PutOkAsync("agent/service/deregister/" + name);
        var gone = await goes;
        Assert.Empty(gone.Json.EnumerateArray());
        Assert.True(gone.Index > there.Index);
    }

    [Fact]
    public async Task A_wait_that_runs_out_answers_with_what_is()
    {
        var name = NewName("quiet");
        await RegisterAsync(name, name);
        var before = await GetAsync("health/service/" + name);
        var after = await GetAsync($"health/service/{name}?index={before.Index}&wait=10ms");
        Assert.Equal(before.Index, after.Index);
        Assert.Equal(before.Text, after.Text);
    }

    [Fact]
    public async Task An_index_that_is_past_answers_at_once()
    {
        var name = NewName("past");
        await RegisterAsync(name, name);
        var answer = await GetAsync($"health/service/{name}?index=1&wait=5m");
        Assert.Single(answer.Json.EnumerateArray());
    }

    [Fact]
    public async Task Saying_the_same_again_moves_no_index()
    {
        var name = NewName("same");
        const string Rest = "\"Tags\":[\"t\"],\"Meta\":{\"a\":\"b\"},\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}";
        await RegisterAsync(name, name, Rest);
        var before = (await GetAsync("health/service/" + name)).Index;
        await RegisterAsync(name, name, Rest);
        await PutOkAsync("agent/check/pass/service:" + name);
        // The agent tells its catalog in order: once this is there, whatever the above did is there too.
        await RegisterAsync(name + "-after", name + "-after");
        Assert.Equal(before, (await GetAsync("health/service/" + name)).Index);
    }

    [Theory]
    [InlineData("catalog/services")]
    [InlineData("health/state/any")]
    [InlineData("catalog/service/%")]
    [InlineData("health/checks/%")]
    [InlineData("catalog/node/node-dc1")]
    [InlineData("health/node/node-dc1")]
    public async Task Every_list_wakes_for_a_new_instance(string path)
    {
        var name = NewName("wake");
        path = path.Replace("%", name, StringComparison.Ordinal);
        var before = await GetAsync(path);
        Assert.DoesNotContain(name, before.Text, StringComparison.Ordinal);
        // Others change the same lists: wait on from each answer, as every watcher does.
        var index = before.Index;
        var seen = Task.Run(async () =>
        {
            while (true)
            {
                var answer = await GetAsync($"{path}?index={index}&wait=1m");
                Assert.True(answer.Index > index, "it did not wake");
                if (answer.Text.Contains(name, StringComparison.Ordinal))
                {
                    return answer.Index;
                }
                index = answer.Index;
            }
        }, Ct);
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\"}");
        Assert.True(await seen > before.Index);
    }

    [Theory]
    [InlineData("?index=abc", "Invalid index")]
    [InlineData("?index=-1", "Invalid index")]
    [InlineData("?wait=soon", "Invalid wait time")]
    [InlineData("?wait=5", "Invalid wait time")]
    [InlineData("?stale&consistent", "Cannot specify ?stale with ?consistent")]
    [InlineData("?passing=perhaps", "Invalid value for ?passing")]
    public async Task A_bad_query_is_refused(string query, string reason)
    {
        var answer = await GetAsync("health/service/x" + query);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(reason, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_datacenter_has_no_path()
    {
        var answer = await GetAsync("health/service/x?dc=elsewhere");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.Contains("No path to datacenter", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hundreds_may_wait_at_once_and_all_are_woken()
    {
        // Below the 200 connections that an agent allows an address, as the other tests have theirs.
        const int Watchers = 100;
        var name = NewName("crowd");
        await RegisterAsync(name, name);
        var index = (await GetAsync("health/service/" + name)).Index;
        var waiting = Enumerable.Range(0, Watchers).Select(_ => GetAsync($"health/service/{name}?index={index}&wait=5m")).ToArray();
        await RegisterAsync(name, name + "-2");
        foreach (var answer in await Task.WhenAll(waiting))
        {
            Assert.Equal(2, answer.Json.GetArrayLength());
        }
        await Eventually.True(async () => (await GetAsync("status/leader")).Status == HttpStatusCode.OK, "it answers still");
    }
}
