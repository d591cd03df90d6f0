using System.ComponentModel.DataAnnotations;
using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class DnsOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.Empty(Problems(new DnsOptions()));

    [Theory]
    [InlineData("127.0.0.1:8600")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:53")]
    [InlineData("[::1]")]
    [InlineData("consul:8600")]
    public void A_server_is_an_address_or_a_name(string server) => Assert.Empty(Problems(new DnsOptions { Servers = [server] }));

    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.300:53")]
    [InlineData("::1")]
    [InlineData("[::1:53")]
    [InlineData("")]
    public void Other_servers_are_refused(string server) =>
        Assert.Equal((string[])[nameof(DnsOptions.Servers)], Assert.Single(Problems(new DnsOptions { Servers = [server] })).MemberNames);

    [Fact]
    public void Two_ways_to_one_service_need_two_names()
    {
        var options = new DnsOptions { Services = [new() { Srv = "billing" }, new() { Srv = "_billing._tcp.example.com" }] };
        Assert.Contains("'billing' is listed twice", Assert.Single(Problems(options)).ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(Problems(options with { Services = [options.Services[0], options.Services[1] with { Name = "other" }] }));
    }

    [Fact]
    public void Impossible_times_and_domains_are_refused()
    {
        Assert.Equal((string[])[nameof(DnsOptions.MaxRefresh)], Assert.Single(Problems(new DnsOptions { MinRefresh = TimeSpan.FromMinutes(1) })).MemberNames);
        Assert.Equal((string[])[nameof(DnsOptions.Domain)], Assert.Single(Problems(new DnsOptions { Domain = "a b" })).MemberNames);
        Assert.NotEmpty(Problems(new DnsOptions { Timeout = TimeSpan.Zero }));
        Assert.NotEmpty(Problems(new DnsOptions { MinRefresh = TimeSpan.Zero }));
        Assert.NotEmpty(Problems(new DnsOptions { Tries = 0 }));
    }

    private static List<ValidationResult> Problems(DnsOptions options)
    {
        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true);
        return problems;
    }
}
