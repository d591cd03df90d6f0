using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Core.Tests.Health;

public class ConnectProbeTests
{
    [Fact]
    public async Task A_listening_port_answers_and_a_closed_one_does_not()
    {
        var probe = new ConnectProbe(TimeSpan.FromSeconds(10), TimeProvider.System);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.True(await probe.AnswersAsync("127.0.0.1", port));
        listener.Stop();
        Assert.False(await probe.AnswersAsync("127.0.0.1", port));
    }

    [Theory]
    [InlineData("", 80)]
    [InlineData("no such host", 80)]
    [InlineData("127.0.0.1", 70000)]
    public async Task Nonsense_does_not_answer_and_does_not_throw(string host, int port) =>
        Assert.False(await new ConnectProbe(TimeSpan.FromSeconds(10), TimeProvider.System).AnswersAsync(host, port));

    [Fact]
    public async Task It_gives_up_in_time()
    {
        var time = new FakeTimeProvider();
        // TEST-NET-1 (RFC 5737): nobody answers there, unless the network says so at once.
        var answer = new ConnectProbe(TimeSpan.FromSeconds(1), time).AnswersAsync("192.0.2.1", 80);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await answer);
    }
}
