using System.Net;
using System.Text;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class KeyValueContract(Target target) : ContractTests(target)
{
    [Fact]
    public async Task A_value_is_written_read_and_deleted()
    {
        var key = NewName("kv");
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("kv/" + key)).Status);
        Assert.True((await PutAsync($"kv/{key}?flags=42", "hello")).Json.GetBoolean());
        var row = (await GetAsync("kv/" + key)).Json[0];
        Assert.Equal(key, Text(row, "Key"));
        Assert.Equal("hello", Encoding.UTF8.GetString(row.GetProperty("Value").GetBytesFromBase64()));
        Assert.Equal(42, row.GetProperty("Flags").GetInt32());
        Assert.Equal(row.GetProperty("CreateIndex").GetInt32(), row.GetProperty("ModifyIndex").GetInt32());
        var raw = await GetAsync($"kv/{key}?raw");
        Assert.Equal("hello", raw.Text);
        Assert.Equal("text/plain", raw.Response.Content.Headers.ContentType!.MediaType);
        Assert.True((await SendAsync(HttpMethod.Delete, "kv/" + key)).Json.GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("kv/" + key)).Status);
        Assert.True((await SendAsync(HttpMethod.Delete, "kv/" + key)).Json.GetBoolean());
    }

    [Fact]
    public async Task An_empty_value_is_null()
    {
        var key = NewName("kv");
        await PutOkAsync("kv/" + key);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await GetAsync("kv/" + key)).Json[0].GetProperty("Value").ValueKind);
    }

    [Fact]
    public async Task Compare_and_set_writes_only_over_what_was_read()
    {
        var key = NewName("kv");
        Assert.True((await PutAsync($"kv/{key}?cas=0", "a")).Json.GetBoolean());
        Assert.False((await PutAsync($"kv/{key}?cas=0", "b")).Json.GetBoolean());
        var index = (await GetAsync("kv/" + key)).Json[0].GetProperty("ModifyIndex").GetInt32();
        Assert.True((await PutAsync($"kv/{key}?cas={index}", "c")).Json.GetBoolean());
        Assert.False((await PutAsync($"kv/{key}?cas={index}", "d")).Json.GetBoolean());
        Assert.False((await SendAsync(HttpMethod.Delete, $"kv/{key}?cas={index}")).Json.GetBoolean());
        Assert.Equal("c", (await GetAsync($"kv/{key}?raw")).Text);
        index = (await GetAsync("kv/" + key)).Json[0].GetProperty("ModifyIndex").GetInt32();
        Assert.True((await SendAsync(HttpMethod.Delete, $"kv/{key}?cas={index}")).Json.GetBoolean());
    }

    [Fact]
    public async Task Keys_are_listed_by_prefix()
    {
        var root = NewName("kv");
        foreach (var key in new[] { "a", "b/c", "b/d", "sp ace" })
        {
            await PutOkAsync($"kv/{root}/{Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal)}", key);
        }
        async Task<string> Keys(string query) => string.Join(' ', (await GetAsync($"kv/{root}/{query}")).Json.EnumerateArray().Select(key => key.GetString()![(root.Length + 1)..]));

        Assert.Equal("a b/c b/d sp ace", await Keys("?keys"));
        Assert.Equal("a b/ sp ace", await Keys("?keys&separator=/"));
        Assert.Equal("b/c b/d", await Keys("b/?keys"));
        Assert.Equal(4, (await GetAsync($"kv/{root}?recurse")).Json.GetArrayLength());
        Assert.True((await SendAsync(HttpMethod.Delete, $"kv/{root}/b?recurse")).Json.GetBoolean());
        Assert.Equal("a sp ace", await Keys("?keys"));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"kv/{root}/none?keys")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"kv/{root}/none?recurse")).Status);
    }

    [Fact]
    public async Task A_query_waits_for_its_prefix_and_sees_a_deletion()
    {
        var root = NewName("kv");
        await PutOkAsync($"kv/{root}/a", "1");
        await PutOkAsync($"kv/{root}/b", "1");
        var before = await GetAsync($"kv/{root}/?recurse");
        var query = GetAsync($"kv/{root}/?recurse&index={before.Index}&wait=1m");
        await PutOkAsync($"kv/{root}-not", "1");
        Assert.Equal(before.Index, (await GetAsync($"kv/{root}/?recurse")).Index);
        Assert.True((await SendAsync(HttpMethod.Delete, $"kv/{root}/b")).Json.GetBoolean());
        var after = await query;
        Assert.Equal(1, after.Json.GetArrayLength());
        Assert.True(after.Index > before.Index);
    }

    [Fact]
    public async Task Bad_requests_are_refused()
    {
        AssertRefused(await GetAsync("kv/"), HttpStatusCode.BadRequest, "Missing key name");
        AssertRefused(await PutAsync("kv/x?cas=abc", "v"), HttpStatusCode.InternalServerError, "abc");
        AssertRefused(await PutAsync("kv/x?flags=abc", "v"), HttpStatusCode.InternalServerError, "abc");
        AssertRefused(await SendAsync(HttpMethod.Delete, "kv/x?cas=1&recurse"), HttpStatusCode.BadRequest, "Conflicting flags");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PutAsync("kv/x", new string('x', 512 * 1024 + 1))).Status);
    }
}
