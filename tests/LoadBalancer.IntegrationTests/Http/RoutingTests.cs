using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

public sealed class RoutingTests(RoutingTests.Fixture fixture) : IClassFixture<RoutingTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Theory]
    [InlineData("api.haproxy.service.consul", "api")]
    [InlineData("API.HaProxy.Service.Consul", "api")]
    [InlineData("api.haproxy.service.consul:8080", "api")]
    [InlineData("api.haproxy.service.consul.", "api")]
    [InlineData("api.haproxy.service.consul.:8080", "api")]
    [InlineData("api.haproxy.service.dc1.consul", "api")]
    [InlineData("v2.tagged.haproxy.service.consul", "v2")]
    [InlineData("V1.tagged.haproxy.service.dc1.consul", "v1")]
    public async Task The_host_rule_leads_to_the_service(string host, string name)
    {
        var answer = await Lb.GetAsync(host);

        Assert.Equal((200, name), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "shop")]
    [InlineData("GET / HTTP/1.1\r\nHost: SHOP.example.com.:81\r\n\r\n", "shop")]
    [InlineData("GET /cart HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "cart")]
    [InlineData("GET /cart/1?x=/ HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "cart")]
    [InlineData("GET /c%61rt/1 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "cart")]
    [InlineData("GET /x/../cart/1 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "cart")]
    [InlineData("GET /cartoon HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "shop")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n", "shop")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.b.example.com\r\n\r\n", "wild")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example.com\r\nX-Beta: 1\r\n\r\n", "beta")]
    [InlineData("GET / HTTP/1.1\r\nHost: other.test\r\nX-Any: yes\r\n\r\n", "any")]
    [InlineData("GET http://shop.example.com/cart/2 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "cart")]
    [InlineData("GET http://shop.example.com HTTP/1.1\r\nHost: shop.example.com\r\n\r\n", "shop")]
    // RFC 9112 section 3.2.2: the authority of an absolute target counts, the Host field is ignored.
    [InlineData("GET http://shop.example.com/ HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n", "shop")]
    public async Task Routes_lead_by_host_path_method_and_field(string request, string name)
    {
        var answer = await Lb.AskAsync(request);

        Assert.Equal((200, name), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task What_nothing_matches_goes_to_the_service_of_the_listener()
    {
        using var wire = await Wire.ConnectAsync(fixture.DefaultPort);
        foreach (var host in (string[])["nobody.example.org", "127.0.0.1", "a_b-c", "[::1]:80"])
        {
            await wire.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((host, "shop"), (host, (await wire.ReadAnswerAsync()).Text));
            Assert.Equal(host, fixture.Endpoints["shop"].Requests.Last().Field("Host"));
        }
        await wire.SendAsync("GET / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n");
        Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
    }

    [Theory]
    [InlineData("nobody.example.org")]
    [InlineData("nobody.haproxy.service.consul")]
    [InlineData("api.haproxy.service.dc2.consul")]
    public async Task A_name_that_nobody_knows_is_404_with_a_reason(string host)
    {
        var answer = await Lb.GetAsync(host);

        Assert.Equal(404, answer.Status);
        Assert.Equal("no_route", answer.Field("X-Lb-Reason"));
        Assert.Equal("text/plain; charset=utf-8", answer.Field("Content-Type"));
        Assert.Contains(host.Split(':')[0], answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
        Assert.Null(answer.Field("Server"));
    }

    [Theory]
    [InlineData("v9.tagged.haproxy.service.consul", "no_endpoint")]
    [InlineData("dead.haproxy.service.consul", "connect_failed")]
    public async Task A_service_with_nobody_available_is_503_with_a_reason_and_nothing_of_the_inside(string host, string reason)
    {
        var answer = await Lb.GetAsync(host);

        Assert.Equal(503, answer.Status);
        Assert.Contains(answer.Field("X-Lb-Reason"), new[] { reason, "no_endpoint" });
        Assert.Equal("1", answer.Field("Retry-After"));
        Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.DeadPort.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_answer_HEAD_without_a_body_and_keep_the_connection()
    {
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync("HEAD / HTTP/1.1\r\nHost: nobody.test\r\n\r\nHEAD / HTTP/1.1\r\nHost: dead.haproxy.service.consul\r\n\r\nGET / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n");

        Assert.Equal(404, (await wire.ReadAnswerAsync(toHead: true)).Status);
        Assert.Equal(503, (await wire.ReadAnswerAsync(toHead: true)).Status);
        Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task Options_about_the_server_as_a_whole_is_answered_here()
    {
        var answer = await Lb.AskAsync("OPTIONS * HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n");

        Assert.Equal(204, answer.Status);
        Assert.DoesNotContain(fixture.Endpoints["api"].Requests, static request => request.Target == "*");
    }

    [Theory]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")]
    [InlineData("CONNECT api.haproxy.service.consul:80 HTTP/1.1\r\nHost: api.haproxy.service.consul:80\r\n\r\n")]
    public async Task Connect_opens_no_tunnel(string request)
    {
        var answer = await Lb.AskAsync(request);

        Assert.Equal(405, answer.Status);
        Assert.Equal("connect_refused", answer.Field("X-Lb-Reason"));
    }

    [Fact]
    public async Task An_HTTP_1_0_client_is_served_and_its_connection_closed()
    {
        using var wire = await Lb.ConnectAsync();
        await wire.SendAsync("GET / HTTP/1.0\r\nHost: api.haproxy.service.consul\r\n\r\n");

        Assert.Equal("api", (await wire.ReadAnswerAsync()).Text);
        await wire.WaitForCloseAsync();
        Assert.EndsWith(" HTTP/1.1", fixture.Endpoints["api"].Requests.Last().StartLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_HTTP_1_0_client_without_a_host_reaches_the_service_of_the_listener()
    {
        using var wire = await Wire.ConnectAsync(fixture.DefaultPort);
        await wire.SendAsync("GET /old HTTP/1.0\r\n\r\n");

        Assert.Equal("shop", (await wire.ReadAnswerAsync()).Text);
        var seen = fixture.Endpoints["shop"].Requests.Last();
        Assert.Equal("/old", seen.Target);
        Assert.Null(seen.Field("X-Forwarded-Host"));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\nHost: shop.example.com\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\nHost: api.haproxy.service.consul\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api.haproxy.service.consul, shop.example.com\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: user@api.haproxy.service.consul\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a_b!c\r\nX-Any: 1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api.haproxy.service.consul/x\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n")]
    [InlineData("G(T / HTTP/1.1\r\nHost: api.haproxy.service.consul\r\n\r\n")]
    public async Task A_request_without_one_clear_target_is_400(string request)
    {
        var before = fixture.Endpoints.Values.Sum(static endpoint => endpoint.Requests.Count);

        Assert.Equal(400, (await Lb.AskAsync(request)).Status);
        Assert.Equal(before, fixture.Endpoints.Values.Sum(static endpoint => endpoint.Requests.Count));
    }

    public sealed class Fixture : LbFixture
    {
        public int DefaultPort { get; } = Ports.Free();

        public int DeadPort { get; } = Ports.Free();

        public Dictionary<string, RawEndpoint> Endpoints { get; } = [];

        protected override void Configure(LbConfig config)
        {
            foreach (var name in (string[])["api", "shop", "cart", "wild", "beta", "any", "v1", "v2"])
            {
                Endpoints[name] = new RawEndpoint(name);
                config.Service(name, $$"""{ "address": "{{Endpoints[name].Address}}", "datacenter": "dc1" }""");
            }
            config.Service("tagged",
                $$"""{ "address": "{{Endpoints["v1"].Address}}", "tags": ["v1"], "datacenter": "dc1" }""",
                $$"""{ "address": "{{Endpoints["v2"].Address}}", "tags": ["v2"], "datacenter": "dc1" }""");
            config.Service("dead", LbConfig.Loopback(DeadPort));
            config.Listener("default", DefaultPort, """{ "service": "shop" }""");
            config.Route("""{ "host": "shop.example.com", "service": "shop" }""")
                .Route("""{ "host": "shop.example.com", "path": "/cart", "methods": ["GET"], "service": "cart" }""")
                .Route("""{ "host": "*.example.com", "service": "wild" }""")
                .Route("""{ "host": "*.example.com", "headers": { "X-Beta": "1" }, "service": "beta" }""")
                .Route("""{ "headers": { "X-Any": "*" }, "service": "any" }""");
        }
    }
}
