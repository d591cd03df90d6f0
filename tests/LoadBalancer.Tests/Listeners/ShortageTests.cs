using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Http;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tests.Listeners;

public class ShortageTests
{
    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, true)]
    [InlineData(SocketError.NoBufferSpaceAvailable, true)]
    [InlineData(SocketError.AddressNotAvailable, true)]
    [InlineData(SocketError.ConnectionRefused, false)]
    [InlineData(SocketError.HostUnreachable, false)]
    [InlineData(SocketError.TimedOut, false)]
    public void WhatThisMachineLacksIsNoFaultOfAnEndpoint(SocketError error, bool isShortage)
    {
        var inner = new SocketException((int)error);
        var outer = new HttpRequestException(HttpRequestError.ConnectionError, "cannot connect", inner);

        Assert.Equal(isShortage, Sockets.IsShortage(inner));
        Assert.Equal(isShortage ? AttemptFailure.Shortage : AttemptFailure.Connect, ForwarderErrors.FailureOf(outer));
    }
}
