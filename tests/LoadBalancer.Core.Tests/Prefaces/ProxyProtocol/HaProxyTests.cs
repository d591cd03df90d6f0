using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Core.Tests.Prefaces.ProxyProtocol;

/// <summary>What HAProxy sends is read.</summary>
public class HaProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "send-proxy")]
    [InlineData("127.0.0.1", "send-proxy-v2")]
    [InlineData("127.0.0.1", "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority")]
    [InlineData("::1", "send-proxy")]
    [InlineData("::1", "send-proxy-v2")]
    public async Task Its_header_names_the_client(string address, string option)
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        using var server = new Capture();
        var port = Ports.Free();
        await using var haproxy = await HaProxyProcess.StartAsync($"""
            listen test
              bind {(address == "::1" ? "[::1]" : address)}:{port}
              unique-id-format %ci:%cp
              server s 127.0.0.1:{server.Port} {option}
            """, port);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Parse(address), port, TestContext.Current.CancellationToken);
        await client.SendAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        var bytes = await server.FirstBytesAsync(static bytes => bytes.AsSpan().EndsWith("hello"u8));

        var reading = ProxyHeaderReader.Read(bytes);
        Assert.Equal((PrefaceStatus.Complete, bytes.Length - 5), (reading.Status, reading.Length));
        var local = (IPEndPoint)client.LocalEndPoint!;
        Assert.Equal((new IPEndPoint(IPAddress.Parse(address), local.Port), new IPEndPoint(IPAddress.Parse(address), port)), (reading.Header.Source?.ToEndPoint(), reading.Header.Destination?.ToEndPoint()));
    }

    [Theory]
    [InlineData("check-send-proxy send-proxy-v2", true)]
    [InlineData("check-send-proxy send-proxy", false)]
    public async Task Its_health_check_is_its_own(string option, bool isLocal)
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        using var server = new Capture();
        var port = Ports.Free();
        await using var haproxy = await HaProxyProcess.StartAsync($"""
            listen test
              bind 127.0.0.1:{port}
              option tcp-check
              tcp-check send hello
              server s 127.0.0.1:{server.Port} check {option}
            """, port);

        var bytes = await server.FirstBytesAsync(static bytes => bytes.AsSpan().EndsWith("hello"u8));

        var reading = ProxyHeaderReader.Read(bytes);
        Assert.Equal((PrefaceStatus.Complete, isLocal), (reading.Status, reading.Header.IsLocal));
    }
}
