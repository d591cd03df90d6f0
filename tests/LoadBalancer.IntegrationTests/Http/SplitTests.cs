using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Requests of one route that several services or tags share.</summary>
public sealed class SplitTests(SplitTests.Fixture fixture) : IClassFixture<SplitTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Fact]
    public async Task A_canary_of_5_percent_gets_5_percent_of_20000_requests()
    {
        const int requests = 20_000;
        using var client = Lb.Client();
        var canary = 0;
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, stop) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "canary.example.com" } };
            using var answer = await client.SendAsync(request, stop);
            if (await answer.Content.ReadAsStringAsync(stop) == "canary")
            {
                Interlocked.Increment(ref canary);
            }
        });
        Assert.InRange(100.0 * canary / requests, 4.5, 5.5);
    }

    [Theory]
    [InlineData("Cookie: session={0}\r\n", "cookie.example.com")]
    [InlineData("X-User: {0}\r\n", "header.example.com")]
    public async Task By_key_a_client_stays(string field, string host)
    {
        var seen = new HashSet<string>();
        for (var key = 0; key < 40; key++)
        {
            var fields = field.Replace("{0}", key.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
            var first = (await Lb.GetAsync(host, fields: fields)).Text;
            Assert.Equal(first, (await Lb.GetAsync(host, fields: fields)).Text);
            seen.Add(first);
        }
        Assert.Equal(["canary", "stable"], seen.Order());
    }

    [Fact]
    public async Task A_cookie_leads_to_the_canary_whichever_field_it_is_in()
    {
        Assert.Equal("stable", (await Lb.GetAsync("beta.example.com", fields: "Cookie: beta=0\r\n")).Text);
        Assert.Equal("canary", (await Lb.GetAsync("beta.example.com", fields: "Cookie: a=b; beta=1\r\n")).Text);
        Assert.Equal("canary", (await Lb.GetAsync("beta.example.com", fields: "Cookie: a=b\r\nCookie: beta=1\r\n")).Text);
    }

    [Fact]
    public async Task A_canary_without_instances_costs_no_request()
    {
        for (var i = 0; i < 20; i++)
        {
            var answer = await Lb.GetAsync("absent.example.com");
            Assert.Equal((200, "stable"), (answer.Status, answer.Text));
        }
    }

    public sealed class Fixture : LbFixture, IAsyncDisposable
    {
        private readonly List<KestrelEndpoint> _endpoints = [];

        protected override void Configure(LbConfig config)
        {
            var (stable, canary) = (Start("stable"), Start("canary"));
            config.Service("shop", stable, $$"""{ "address": "{{canary}}", "tags": ["canary"] }""");
            config.Service("stable", stable).Service("canary", canary).Service("absent");
            config.Route("""{ "host": "canary.example.com", "split": [{ "service": "stable", "weight": 95 }, { "service": "shop", "tag": "canary", "weight": 5 }] }""");
            config.Route("""{ "host": "cookie.example.com", "split": [{ "service": "stable", "weight": 1 }, { "service": "canary", "weight": 1 }], "splitOn": "cookie:session" }""");
            config.Route("""{ "host": "header.example.com", "split": [{ "service": "stable", "weight": 1 }, { "service": "canary", "weight": 1 }], "splitOn": "header:X-User" }""");
            config.Route("""{ "host": "absent.example.com", "split": [{ "service": "stable", "weight": 1 }, { "service": "absent", "weight": 1 }, { "service": "shop", "tag": "no", "weight": 1 }] }""");
            config.Route("""{ "host": "beta.example.com", "service": "stable" }""");
            config.Route("""{ "host": "beta.example.com", "cookies": { "beta": "1" }, "service": "canary" }""");
        }

        private string Start(string name)
        {
            var endpoint = KestrelEndpoint.StartAsync(context => context.Response.WriteAsync(name)).GetAwaiter().GetResult();
            _endpoints.Add(endpoint);
            return endpoint.Address;
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            foreach (var endpoint in _endpoints)
            {
                await endpoint.DisposeAsync();
            }
        }
    }
}
