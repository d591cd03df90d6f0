using System.Net;
using System.Net.Sockets;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tests.Sockets;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("255.1.2.3", "255.1.2.3")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8::1:2", "2001:db8::1:2")]
    [InlineData("fe80::1%7", "fe80::1%7")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("::10.1.2.3", "::10.1.2.3")]
    public void An_address_is_read_as_the_kernel_writes_it(string address, string expected)
    {
        var native = new IPEndPoint(IPAddress.Parse(address), 4711).Serialize();

        Assert.Equal(IPAddress.Parse(expected), PeerAddress.Of(native.Buffer.Span[..native.Size]));
    }

    [Fact]
    public void A_client_on_a_Unix_socket_has_none()
    {
        Assert.Null(PeerAddress.Of([]));
        Assert.Null(PeerAddress.Of([(byte)AddressFamily.Unix, 0]));
    }
}
