using LoadBalancer.Core.Routing;

namespace LoadBalancer.Core.Tests.Routing;

public class HostNameTests
{
    [Theory]
    [InlineData("api.example.com", "api.example.com")]
    [InlineData("API.example.com.:8080", "API.example.com")]
    [InlineData("api.example.com.", "api.example.com")]
    [InlineData("api:80", "api")]
    [InlineData("api:", "api")]
    [InlineData("10.0.0.1:80", "10.0.0.1")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("[::1]:80", "[::1]")]
    [InlineData("[fe80::1%25eth0]:80", "[fe80::1%25eth0]")]
    [InlineData("", "")]
    [InlineData(".", ".")]
    [InlineData(":", "")]
    [InlineData(":80", "")]
    public void Is_the_authority_without_port_and_final_dot(string authority, string expected) =>
        Assert.Equal(expected, HostName.Of(authority).ToString());
}
