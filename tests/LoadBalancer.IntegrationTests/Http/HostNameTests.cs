using System.Globalization;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>Endpoints that are known by a host name.</summary>
public sealed class HostNameTests(LbFixture fixture) : IClassFixture<LbFixture>
{
    [Fact]
    public async Task A_name_is_looked_up_and_one_that_does_not_exist_costs_no_request()
    {
        await using var alive = new RawEndpoint("alive");
        // Priority 0 is tried first, for certain.
        await fixture.UseAsync("no-such-host.invalid:80", string.Create(CultureInfo.InvariantCulture, $$"""{ "address": "localhost:{{alive.Port}}", "priority": 1 }"""));

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("alive", (await fixture.Lb.AskAsync($"POST / HTTP/1.1\r\nHost: {LbFixture.Host}\r\nContent-Length: 4\r\n\r\nbody")).Text);
        }

        Assert.Equal("ejected", (await fixture.Lb.EndpointAsync("api", "no-such-host.invalid:80")).GetProperty("state").GetString());
        Assert.All(alive.Requests, static request => Assert.Equal(("body", LbFixture.Host), (request.Text, request.Field("Host"))));
        Assert.Equal(3, alive.Requests.Count);
    }
}
