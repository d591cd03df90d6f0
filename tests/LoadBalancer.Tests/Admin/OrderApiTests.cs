using System.Net;
using System.Text;
using System.Text.Json;
using LoadBalancer.Admin;
using LoadBalancer.Admin.Orders;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Model;
using LoadBalancer.Listeners;
using LoadBalancer.Observability;
using LoadBalancer.Tests.Support;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Tests.Admin;

/// <summary>The admin interface itself, over a socket, with a catalog behind it.</summary>
public sealed class OrderApiTests : IAsyncLifetime
{
    private readonly int _port = Ports.Free();
    private readonly Catalog _catalog = new(new CatalogOptions(), new CatalogLog(NullLogger<CatalogLog>.Instance), new SteadyProbe(), TimeProvider.System, 1);
    private readonly ListenerSet _listeners = new(TimeProvider.System, NullLoggerFactory.Instance);
    private readonly AdminServer _admin;
    private readonly HttpClient _client;
    private readonly ISourceFeed _feed;
    private int _saved;
    private bool _canSave = true;

    public OrderApiTests()
    {
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}/") };
        var orders = new OrderApi(_catalog, SaveAsync, TimeProvider.System, NullLogger<OrderApi>.Instance);
        _admin = new AdminServer(_catalog, _listeners, static () => new Readiness(true, "ready"), orders, TimeProvider.System, NullLoggerFactory.Instance);
        _feed = _catalog.Open("consul", []);
        _feed.Observe("api", new Observation.Seen([Up("n1", "api-1", 8001), Up("n1", "api-2", 8002), Up("n2", "api-2", 8003), Up("n2", "api-4", 8001)]));
    }

    public async ValueTask InitializeAsync()
    {
        await _admin.StartAsync();
        await using var change = await _listeners.PrepareAsync([new ListenerSettings("admin", "admin.bind", BindAddress.Of(IPAddress.Loopback, _port), "admin", _admin)]);
        await change.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _listeners.DisposeAsync();
        await _admin.DisposeAsync();
        _catalog.Dispose();
    }

    [Theory]
    [InlineData("n1/api-1")]
    [InlineData("n1%2Fapi-1")]
    [InlineData("api-1")]
    public async Task AnOrderIsInForceAndSavedWhenItIsAnswered(string name)
    {
        var (status, text) = await PutAsync($"api/services/API/endpoints/{name}/order", """{ "state": "drain", "weight": 5 }""");

        Assert.Equal(HttpStatusCode.OK, status);
        var view = JsonDocument.Parse(text).RootElement;
        Assert.Equal(("n1/api-1", "ordereddrain", 5), (view.GetProperty("id").GetString(), view.GetProperty("state").GetString(), view.GetProperty("weight").GetInt32()));
        Assert.StartsWith("ordered to drain with weight 5 by the operator at ", view.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(("drain", 5), (view.GetProperty("order").GetProperty("state").GetString(), view.GetProperty("order").GetProperty("weight").GetInt32()));
        Assert.Equal(1, _saved);
        Assert.Equal(Unavailability.OrderedDrain, StateOf("api-1").Unavailability);

        using var deleted = await _client.DeleteAsync(new Uri($"api/services/api/endpoints/{name}/order", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("\"order\": null", await deleted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(StateOf("api-1").IsAvailable);
        Assert.Equal(2, _saved);
    }

    [Fact]
    public async Task AnAddressNamesAnEndpoint()
    {
        Assert.Equal(HttpStatusCode.OK, (await PutAsync("api/services/api/endpoints/10.0.0.1:8003/order", """{ "state": "maint" }""")).Status);
        Assert.Equal([Unavailability.OrderedMaintenance], _catalog.Find("api")!.Snapshot.Endpoints.Where(static state => !state.IsAvailable).Select(static state => state.Unavailability));
    }

    [Fact]
    public async Task AnEndpointThatWentIsShownAndCanBeOrderedStill()
    {
        await PutAsync("api/services/api/endpoints/api-1/order", """{ "state": "drain" }""");
        _feed.Observe("api", new Observation.Seen([Up("n1", "api-2", 8002)]));

        var shown = JsonDocument.Parse(await _client.GetStringAsync(new Uri("api/services/api", UriKind.Relative), TestContext.Current.CancellationToken)).RootElement.GetProperty("endpoints");
        Assert.Equal(["n1/api-2 available", "n1/api-1 absent"], shown.EnumerateArray().Select(static one => $"{one.GetProperty("id").GetString()} {one.GetProperty("state").GetString()}"));

        var (status, text) = await PutAsync("api/services/api/endpoints/n1/api-1/order", """{ "state": "ready" }""");
        Assert.Equal((HttpStatusCode.OK, "absent"), (status, JsonDocument.Parse(text).RootElement.GetProperty("state").GetString()));
        Assert.Empty(_catalog.Find("api")!.Snapshot.Orders);
    }

    [Fact]
    public async Task AllOfAServiceAreOrderedAtOnce()
    {
        var version = _catalog.Find("api")!.Snapshot.Version;
        var (status, text) = await PutAsync("api/services/api/order", """{ "state": "drain" }""");

        Assert.Equal((HttpStatusCode.OK, 0), (status, JsonDocument.Parse(text).RootElement.GetProperty("available").GetInt32()));
        Assert.Equal((version + 1, 1), (_catalog.Find("api")!.Snapshot.Version, _saved));
    }

    [Fact]
    public async Task AnOrderThatCannotBeSavedIsInForceAndItIsSaid()
    {
        _canSave = false;

        var (status, text) = await PutAsync("api/services/api/endpoints/api-1/order", """{ "state": "drain" }""");

        Assert.Equal((HttpStatusCode.InternalServerError, "the order is in force, but a restart of the balancer loses it: the state file cannot be written, see the log\n"), (status, text));
        Assert.False(StateOf("api-1").IsAvailable);
    }

    [Theory]
    [InlineData("nothing", "the body is no order")]
    [InlineData("null", "the body lacks a state")]
    [InlineData("{}", "the body lacks a state")]
    [InlineData("[]", "the body is no order")]
    [InlineData("""{ "state": "away" }""", "'away' is no state")]
    [InlineData("""{ "state": "ready", "wieght": 5 }""", "see $.wieght in line 1")]
    [InlineData("""{ "state": "ready", "weight": "5" }""", "see $.weight in line 1")]
    [InlineData("""{ "state": "ready", "weight": 65536 }""", "65536 is no weight")]
    [InlineData("""{ "state": "ready", "weight": -1 }""", "-1 is no weight")]
    public async Task ABodyThatIsNoOrderIsRefusedWithTheForm(string body, string said)
    {
        var (status, text) = await PutAsync("api/services/api/endpoints/api-1/order", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(said, text, StringComparison.Ordinal);
        Assert.EndsWith("write it like { \"state\": \"drain\", \"weight\": 5 }; state is ready, drain or maint, weight 0 to 65535 or absent\n", text, StringComparison.Ordinal);
        NothingIsOrdered();
    }

    [Theory]
    [InlineData("apu", "api-1", 404, "no source names the service apu; did you mean api?")]
    [InlineData("nobody", "api-1", 404, "no source names the service nobody; /api/services lists all")]
    [InlineData("api", "n1/api-7", 404, "api has no endpoint n1/api-7; did you mean n1/api-1?")]
    [InlineData("api", "10.0.0.1:9001", 404, "api has no endpoint 10.0.0.1:9001; did you mean 10.0.0.1:8001?")]
    [InlineData("api", "x", 404, "api has no endpoint x; /api/services/api lists them")]
    [InlineData("api", "api-2", 409, "api-2 is several endpoints of api: name one of n1/api-2, n2/api-2")]
    [InlineData("api", "10.0.0.1:8001", 409, "10.0.0.1:8001 is several endpoints of api: name one of n1/api-1, n2/api-4")]
    public async Task ANameThatIsNotOneEndpointIsRefusedWithAHint(string service, string endpoint, int status, string said)
    {
        var answer = await PutAsync($"api/services/{service}/endpoints/{endpoint}/order", """{ "state": "drain" }""");

        Assert.Equal(((HttpStatusCode)status, said + "\n"), answer);
        NothingIsOrdered();
    }

    [Theory]
    [InlineData("http://evil.test", null, false)]
    [InlineData("null", null, false)]
    [InlineData("http://127.0.0.1:1", null, false)]
    [InlineData("http://lb.evil.test:{0}", "lb.evil.test:{0}", false)]
    [InlineData("http://127.0.0.1:{0}", null, true)]
    [InlineData("http://localhost:{0}", "localhost:{0}", true)]
    [InlineData("http://[::1]:{0}", "[::1]:{0}", true)]
    [InlineData(null, "lb.internal:{0}", true)]
    public async Task APageOfAnotherSiteOrdersNothing(string? origin, string? host, bool isTaken)
    {
        using var request = Put("api/services/api/endpoints/api-1/order", """{ "state": "drain" }""");
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin.Replace("{0}", $"{_port}", StringComparison.Ordinal));
        }
        request.Headers.Host = host?.Replace("{0}", $"{_port}", StringComparison.Ordinal);

        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(isTaken, !StateOf("api-1").IsAvailable);
    }

    [Theory]
    [InlineData("PUT", "text/plain", 415)]
    [InlineData("PUT", null, 415)]
    [InlineData("PUT", "application/json; charset=utf-8", 200)]
    [InlineData("POST", "application/json", 405)]
    [InlineData("OPTIONS", null, 405)]
    [InlineData("GET", null, 405)]
    public async Task OnlyJsonIsTakenAndOnlyByPut(string method, string? type, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "api/services/api/endpoints/api-1/order");
        if (method is "PUT" or "POST")
        {
            request.Content = new ByteArrayContent("""{ "state": "drain" }"""u8.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 405 ? ["PUT", "DELETE"] : [], answer.Content.Headers.Allow);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static ObservedEndpoint Up(string node, string id, int port) => new() { Id = new EndpointId(node, id), Host = "10.0.0.1", Port = port };

    private static HttpRequestMessage Put(string path, string body) => new(HttpMethod.Put, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private EndpointState StateOf(string id) => _catalog.Find("api")!.Snapshot.Endpoints.First(state => state.Endpoint.Id.ServiceId == id);

    private void NothingIsOrdered()
    {
        Assert.Empty(_catalog.Services.SelectMany(static service => service.Snapshot.Orders));
        Assert.Equal(0, _saved);
    }

    private Task<bool> SaveAsync()
    {
        _saved++;
        return Task.FromResult(_canSave);
    }

    private async Task<(HttpStatusCode Status, string Text)> PutAsync(string path, string body)
    {
        using var request = Put(path, body);
        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
