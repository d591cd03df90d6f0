using System.Net;
using LoadBalancer.Discovery.Consul;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class RegistrationTargetTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData("127.0.0.1:8404", null, "http://127.0.0.1:8404/readyz")]
    [InlineData("127.0.0.1:8404", "10.0.0.5", null)]
    [InlineData("0.0.0.0:8404", null, "http://127.0.0.1:8404/readyz")]
    [InlineData("0.0.0.0:8404", "10.0.0.5", "http://10.0.0.5:8404/readyz")]
    [InlineData("10.0.0.6:8404", "10.0.0.5", "http://10.0.0.6:8404/readyz")]
    [InlineData("[::]:8404", "fd00::5", "http://[fd00::5]:8404/readyz")]
    public void The_agent_is_told_a_url_that_it_reaches(string? admin, string? address, string? url) =>
        Assert.Equal(url, new RegistrationTarget(80, admin is null ? null : IPEndPoint.Parse(admin), "1").ReadyUrl(address)?.AbsoluteUri);
}
