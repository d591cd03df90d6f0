using System.ComponentModel.DataAnnotations;
using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class DnsNameTests
{
    [Theory]
    [InlineData("billing", "billing", "billing.service.consul.")]
    [InlineData("v2.Billing", "v2.billing", "v2.billing.service.consul.")]
    [InlineData("_billing._tcp", "billing", "_billing._tcp.service.consul.")]
    [InlineData("_billing._tcp.example.com", "billing", "_billing._tcp.example.com.")]
    [InlineData("_billing._tcp.example.com.", "billing", "_billing._tcp.example.com.")]
    [InlineData("api.example.com.", "api.example.com", "api.example.com.")]
    [InlineData("single.", "single", "single.")]
    [InlineData("_odd", "_odd", "_odd.service.consul.")]
    public void A_string_says_what_is_asked_for_and_how_the_service_is_called(string written, string service, string query)
    {
        Assert.Null(DnsName.Problem(written));
        Assert.Equal(new DnsName(service, query), DnsServiceOptions.Parse(written, null).Resolve("service.consul"));
    }

    [Fact]
    public void An_object_may_call_the_service_otherwise()
    {
        Assert.Equal(new DnsName("pay", "_billing._tcp.example.com."), new DnsServiceOptions { Name = "pay", Srv = "_billing._tcp.example.com" }.Resolve("service.consul"));
        Assert.Equal(new DnsName("pay", "pay.service.consul."), new DnsServiceOptions { Name = "pay" }.Resolve("service.consul."));
    }

    [Theory]
    [InlineData("billing.service.consul", "final dot")]
    [InlineData("", "no DNS name")]
    [InlineData(".", "no DNS name")]
    [InlineData("a..b", "no DNS name")]
    [InlineData("bill ing", "no DNS name")]
    [InlineData("größe", "no DNS name")]
    [InlineData("http://api", "no DNS name")]
    public void What_can_be_meant_in_two_ways_or_is_no_name_is_refused(string written, string problem)
    {
        var result = Assert.Single(DnsServiceOptions.Parse(written, null).Validate(new ValidationContext(this)));
        Assert.Contains(problem, result.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal([nameof(DnsServiceOptions.Srv)], result.MemberNames);
    }
}
