using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Static;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Static;

public sealed class StaticSourceTests
{
    [Fact]
    public async Task Endpoints_are_reported_once_and_changes_when_they_come()
    {
        using var stop = new CancellationTokenSource();
        var feed = new RecordingFeed();
        var source = new StaticSource(Services(("legacy", ["10.0.0.7:8080", "[::1]:80", "Name.Example.com.:80"]), ("other", ["10.0.0.1:1"])));
        var run = source.RunAsync(feed, stop.Token);

        await Eventually.True(() => feed.Completions == 1, "complete");
        Assert.Equal("10.0.0.7:8080 [::1]:80 name.example.com:80", feed.AddressesOf("legacy"));
        Assert.Equal("10.0.0.1:1", feed.AddressesOf("other"));

        source.Update(Services(("legacy", ["10.0.0.9:8080"]), ("new", [])));
        await Eventually.True(() => feed.Completions == 2, "the change is reported");
        Assert.Equal("10.0.0.9:8080", feed.AddressesOf("legacy"));
        Assert.Equal("", feed.AddressesOf("other"));
        Assert.Equal("", feed.AddressesOf("new"));

        source.Update(Services(("legacy", ["10.0.0.9:8080"])));
        await Eventually.True(() => feed.Completions == 3, "the change is reported");
        Assert.Equal(2, feed.Of("other").Count);
        Assert.Equal(2, feed.Of("new").Count);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task An_object_has_all_that_an_endpoint_has()
    {
        using var stop = new CancellationTokenSource();
        var feed = new RecordingFeed();
        var options = new StaticEndpointOptions
        {
            Address = "10.0.0.8:8080",
            Weight = 3,
            Priority = 2,
            Tags = ["v2"],
            Meta = new Dictionary<string, string> { ["zone"] = "b" },
            Datacenter = "dc2",
        };
        var run = new StaticSource(new Dictionary<string, IReadOnlyList<StaticEndpointOptions>> { ["legacy"] = [options] }).RunAsync(feed, stop.Token);
        await Eventually.True(() => feed.Completions == 1, "complete");

        Assert.Equal(
            new ObservedEndpoint
            {
                Id = EndpointId.OfAddress("10.0.0.8", 8080),
                Host = "10.0.0.8",
                Port = 8080,
                Weight = 3,
                WarningWeight = 3,
                Priority = 2,
                Tags = ["v2"],
                Meta = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("zone", "b"),
                Datacenter = "dc2",
            },
            Assert.Single(Assert.IsType<Observation.Seen>(feed.LastOf("legacy")).Endpoints));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Theory]
    [InlineData(null, "no port")]
    [InlineData("10.0.0.1", "no port")]
    [InlineData("10.0.0.1:http", "not a number")]
    [InlineData("10.0.0.256:80", "neither")]
    [InlineData("10.0.1:80", "neither")]
    [InlineData("010.0.0.1:80", "neither")]
    [InlineData("::1:80", "more than one colon")]
    [InlineData("[10.0.0.1]:80", "neither")]
    [InlineData("[::1]80", "no port")]
    [InlineData("[::1]x:80", "neither")]
    [InlineData(":80", "neither")]
    [InlineData("http://a:80", "more than one colon")]
    [InlineData("a b:80", "neither")]
    public void A_wrong_address_is_refused_with_the_remedy(string? address, string problem)
    {
        var options = new StaticEndpointOptions { Address = address };
        var result = Assert.Single(options.Validate(new ValidationContext(options)));
        Assert.Contains(problem, result.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal([nameof(StaticEndpointOptions.Address)], result.MemberNames);
    }

    [Fact]
    public void An_address_that_stands_twice_is_refused()
    {
        var result = Assert.Single(StaticServices.Validate(Services(("legacy", ["a:1", "A.:1"]), ("other", ["a:1", "a:2"]))));
        Assert.Equal(["legacy"], result.MemberNames);
        Assert.Contains("a:1 stands twice", result.ErrorMessage, StringComparison.Ordinal);
    }

    private static Dictionary<string, IReadOnlyList<StaticEndpointOptions>> Services(params (string Name, string[] Endpoints)[] services) =>
        services.ToDictionary(
            service => service.Name,
            service => (IReadOnlyList<StaticEndpointOptions>)[.. service.Endpoints.Select(endpoint => StaticEndpointOptions.Parse(endpoint, null))]);
}
