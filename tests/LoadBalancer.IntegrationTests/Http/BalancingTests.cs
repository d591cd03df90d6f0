using System.Globalization;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>What the engines add to the algorithms: the key of a request, the outcome of a lease, the time to its answer.</summary>
public sealed class BalancingTests(BalancingTests.Fixture fixture) : IClassFixture<BalancingTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Theory]
    [InlineData("by-header", "/", "X-User: {0}\r\n")]
    [InlineData("by-cookie", "/", "Cookie: theme=dark; session={0}\r\n")]
    [InlineData("by-path", "/{0}?x=y", "")]
    [InlineData("by-query", "/?x=y&user={0}", "")]
    [InlineData("by-header-on-a-ring", "/", "X-User: {0}\r\n")]
    public async Task The_same_key_goes_to_the_same_endpoint_and_keys_are_spread(string service, string target, string fields)
    {
        var used = new HashSet<string>();
        // The ports, and so the table, are others in every run: so many keys miss one of three endpoints once in ten billion times.
        for (var key = 0; key < 60; key++)
        {
            var first = await AskAsync(service, target, fields, key);
            Assert.Equal(first, await AskAsync(service, target, fields, key));
            used.Add(first);
        }
        Assert.Equal(3, used.Count);
    }

    [Fact]
    public async Task Without_the_key_requests_take_turns()
    {
        var names = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            names.Add((await Lb.GetAsync("by-header.haproxy.service.consul")).Text);
        }
        Assert.Equal(names[..3], names[3..]);
        Assert.Equal(3, names.Distinct().Count());
    }

    [Fact]
    public async Task A_client_keeps_its_endpoint_by_its_source_over_HTTP_and_TCP()
    {
        var overHttp = new HashSet<string>();
        var overTcp = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            overHttp.Add((await Lb.GetAsync("by-source.haproxy.service.consul")).Text);
            using var wire = await Wire.ConnectAsync(fixture.TcpPort);
            await wire.SendAsync("GET / HTTP/1.1\r\nHost: any\r\n\r\n");
            overTcp.Add((await wire.ReadAnswerAsync()).Text);
        }
        Assert.Single(overHttp);
        Assert.Equal(overHttp, overTcp);
    }

    [Fact]
    public async Task A_key_whose_endpoint_is_gone_is_served_by_another_and_comes_back()
    {
        const string host = "of-two.haproxy.service.consul";
        await using var one = new RawEndpoint("one");
        await using var two = new RawEndpoint("two");
        Lb.Config.Policy("of-two", """{ "balance": "hash", "hashOn": "header:X-User", "hashBalanceFactor": 0 }""");
        await Lb.UseAsync("of-two", one.Address, two.Address);
        var home = (await Lb.GetAsync(host, fields: "X-User: ann\r\n")).Text;
        var (gone, other) = home == "one" ? (one, two) : (two, one);
        await Lb.UseAsync("of-two", other.Address);
        Assert.Equal(other.Name, (await Lb.GetAsync(host, fields: "X-User: ann\r\n")).Text);
        await Lb.UseAsync("of-two", other.Address, gone.Address);
        Assert.Equal(home, (await Lb.GetAsync(host, fields: "X-User: ann\r\n")).Text);
    }

    [Theory]
    [InlineData("first", 1)]
    [InlineData("random", 3)]
    [InlineData("least-connections", 3)]
    [InlineData("peak-ewma", 3)]
    public async Task Every_other_algorithm_serves_and_leaves_nothing_in_flight(string service, int endpoints)
    {
        var used = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            used.Add((await Lb.GetAsync($"{service}.haproxy.service.consul")).Text);
        }
        // By latency any of them may be the fastest.
        Assert.InRange(used.Count, service == "peak-ewma" ? 1 : endpoints, endpoints);
        await Lb.WaitForIdleAsync(service);
    }

    private async Task<string> AskAsync(string service, string target, string fields, int key)
    {
        string With(string text) => text.Replace("{0}", key.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var answer = await Lb.GetAsync($"{service}.haproxy.service.consul", With(target), With(fields));
        Assert.Equal(200, answer.Status);
        return answer.Text;
    }

    public sealed class Fixture : LbFixture, IAsyncDisposable
    {
        private readonly RawEndpoint[] _endpoints = [new("a"), new("b"), new("c")];

        public int TcpPort { get; } = Ports.Free();

        protected override void Configure(LbConfig config)
        {
            string[] addresses = [.. _endpoints.Select(static endpoint => endpoint.Address)];
            // Without a bound: what the tests have just done must not fill an endpoint on a slow machine.
            (string Name, string Policy)[] services =
            [
                ("by-header", """{ "balance": "hash", "hashBalanceFactor": 0, "hashOn": "header:X-User" }"""),
                ("by-header-on-a-ring", """{ "balance": "hash", "hashBalanceFactor": 0, "hashOn": "header:X-User", "hashTable": "ring" }"""),
                ("by-cookie", """{ "balance": "hash", "hashBalanceFactor": 0, "hashOn": "cookie:session" }"""),
                ("by-path", """{ "balance": "hash", "hashBalanceFactor": 0, "hashOn": "path" }"""),
                ("by-query", """{ "balance": "hash", "hashBalanceFactor": 0, "hashOn": "query:user" }"""),
                ("by-source", """{ "balance": "hash", "hashBalanceFactor": 0 }"""),
                ("first", """{ "balance": "first", "endpointLimits": { "maxRequests": 5 } }"""),
                ("random", """{ "balance": "random" }"""),
                ("least-connections", """{ "balance": "leastConnections" }"""),
                ("peak-ewma", """{ "balance": "peakEwma" }"""),
            ];
            foreach (var (name, policy) in services)
            {
                config.Service(name, addresses).Policy(name, policy);
            }
            config.Tcp("by-source-tcp", TcpPort, "by-source", addresses);
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
