using LoadBalancer.Core.Dispatching;
using LoadBalancer.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Tests.Http;

/// <summary>Who is to blame when the body of a request could not be read to its end: only an endpoint's fault is tried again.</summary>
public sealed class ForwarderErrorsTests
{
    [Fact]
    public void AnEndpointThatResetsTheStreamHasReset()
    {
        var calledOff = new OperationCanceledException(new CancellationToken(canceled: true));

        Assert.Equal(AttemptFailure.Reset, FailureOf(calledOff, new HttpRequestException(HttpRequestError.HttpProtocolError, "RST_STREAM")));
    }

    public static TheoryData<Exception> Clients =>
    [
        // From Kestrel's reader when the connection was aborted, its stream when it is being aborted, and the socket.
        new ConnectionAbortedException("The connection was aborted by the application."),
        new TaskCanceledException("The request was aborted", new ConnectionAbortedException()),
        new ConnectionResetException("Connection reset by peer"),
    ];

    [Theory]
    [MemberData(nameof(Clients), DisableDiscoveryEnumeration = true)]
    public void AClientThatLeavesIsNoFaultOfTheEndpoint(Exception reading) =>
        Assert.Equal(AttemptFailure.Client, FailureOf(reading, new HttpRequestException("Error while copying content to a stream.", new IOException("", reading))));

    private static AttemptFailure FailureOf(Exception reading, HttpRequestException sending)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IForwarderErrorFeature>(new Failed(new AggregateException(reading, sending)));
        using var attempt = new Attempt(new(), null);
        return ForwarderErrors.FailureOf(ForwarderError.RequestBodyClient, context, new Exchange(null!, null!) { Attempt = attempt });
    }

    private sealed record Failed(Exception Exception) : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.RequestBodyClient;
    }
}
