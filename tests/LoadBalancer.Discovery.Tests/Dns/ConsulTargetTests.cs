using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class ConsulTargetTests
{
    [Theory]
    [InlineData("7f000001.addr.dc1.consul.", "api.service.consul.", "127.0.0.1")]
    [InlineData("0A010057.ADDR.dc1.CONSUL", "api.service.dc1.consul.", "10.1.0.87")]
    [InlineData("20010db8000000000000000000000001.addr.dc1.consul.", "_api._tcp.service.consul.", "2001:db8::1")]
    [InlineData("7f000001.addr.dc1.example.com.", "api.service.example.com.", "127.0.0.1")]
    public void An_address_target_is_decoded(string target, string query, string address)
    {
        Assert.True(ConsulTarget.TryDecode(target, query, out var decoded));
        Assert.Equal(address, decoded.ToString());
    }

    [Theory]
    [InlineData("7f000001.addr.dc1.other.com.", "api.service.consul.")] // somebody else's domain
    [InlineData("7f000001.addr.consul.", "api.service.consul.")] // no datacenter
    [InlineData("7f00001.addr.dc1.consul.", "api.service.consul.")]
    [InlineData("7f0000011.addr.dc1.consul.", "api.service.consul.")]
    [InlineData("7f00000g.addr.dc1.consul.", "api.service.consul.")]
    [InlineData("web-node.node.dc1.consul.", "api.service.consul.")]
    [InlineData("addr.dc1.consul.", "api.service.consul.")]
    [InlineData(".", "api.service.consul.")]
    [InlineData("", "api.service.consul.")]
    public void Anything_else_is_not(string target, string query) => Assert.False(ConsulTarget.TryDecode(target, query, out _));

    [Theory]
    [InlineData("7f000001.addr.dc2.consul.", "dc2")]
    [InlineData("web.1.node.dc3.consul.", "dc3")]
    [InlineData("node.node.dc1.consul.", "dc1")]
    [InlineData("web.example.com.", "")]
    [InlineData("node.dc1.consul.", "")]
    public void The_datacenter_is_read_from_the_target(string target, string datacenter) =>
        Assert.Equal(datacenter, ConsulTarget.DatacenterOf(target, "api.service.consul."));
}
