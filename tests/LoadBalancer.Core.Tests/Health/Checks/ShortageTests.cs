using System.ComponentModel;
using System.Net.Sockets;
using LoadBalancer.Core.Health;

namespace LoadBalancer.Core.Tests.Health.Checks;

public class ShortageTests
{
    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, true)]
    [InlineData(SocketError.NoBufferSpaceAvailable, true)]
    [InlineData(SocketError.AddressNotAvailable, true)]
    [InlineData(SocketError.ConnectionRefused, false)]
    [InlineData(SocketError.TimedOut, false)]
    [InlineData(SocketError.HostUnreachable, false)]
    public void It_is_told_from_what_the_other_side_does(SocketError code, bool isShortage)
    {
        var error = new SocketException((int)code);
        Assert.Equal(isShortage, Shortage.IsBehind(error));
        Assert.Equal(isShortage, Shortage.IsBehind(new HttpRequestException("", new IOException("", error))));
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(11, true)]
    [InlineData(2, false)]
    [InlineData(13, false)]
    public void A_process_may_be_one_too_many(int errno, bool isShortage)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "numbers of errno(3)");
        Assert.Equal(isShortage, Shortage.IsBehind(new Win32Exception(errno)));
    }

    [Fact]
    public void No_error_is_none() => Assert.False(Shortage.IsBehind(null));
}
