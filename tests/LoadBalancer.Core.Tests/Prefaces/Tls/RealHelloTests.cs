using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.TestSupport;
using static LoadBalancer.Core.Tests.Prefaces.Tls.ClientHelloTests;

namespace LoadBalancer.Core.Tests.Prefaces.Tls;

/// <summary>The hellos of real clients are read.</summary>
public class RealHelloTests
{
    [Theory]
    [InlineData("-servername a.example.com", "a.example.com")]
    [InlineData("-servername a.example.com -tls1_2", "a.example.com")]
    [InlineData("-servername a.example.com -tls1_3 -groups X25519:P-256:P-521", "a.example.com")]
    [InlineData("-servername API.haproxy.service.consul -alpn h2,http/1.1 -status", "API.haproxy.service.consul")]
    [InlineData("-noservername", "")]
    public async Task OpenSSLs(string options, string name)
    {
        var hello = await FromOpenSslAsync(options.Split(' '));

        Assert.Equal((PrefaceStatus.Complete, name, null), Read(hello));
    }

    [Fact]
    public async Task A_large_one_of_OpenSSL_takes_several_records()
    {
        var hello = await FromOpenSslAsync(["-servername", "a.example.com", "-alpn", string.Join(',', Enumerable.Range(0, 200).Select(static i => $"{i:d4}" + new string('p', 200)))]);

        Assert.True(hello.Length > 3 * (1 << 14) / 2);
        Assert.Equal(22, hello[5 + (1 << 14)]);
        Assert.Equal((PrefaceStatus.Complete, "a.example.com", null), Read(hello));
    }

    [Theory]
    [InlineData(SslProtocols.None, 0)]
    [InlineData(SslProtocols.Tls12, 0)]
    [InlineData(SslProtocols.None, 200)]
    public async Task SslStreams(SslProtocols protocols, int applicationProtocols)
    {
        using var server = new Capture();
        var capturing = server.FirstBytesAsync(IsAll);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(client.GetStream());
        await Assert.ThrowsAnyAsync<IOException>(() => stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "b.example.com",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [.. Enumerable.Range(0, applicationProtocols).Select(static i => new SslApplicationProtocol($"{i:d4}" + new string('p', 100)))],
        }, TestContext.Current.CancellationToken));

        Assert.Equal((PrefaceStatus.Complete, "b.example.com", null), Read(await capturing));
    }

    private static async Task<byte[]> FromOpenSslAsync(string[] options)
    {
        Assert.SkipWhen(Tools.Find("openssl") is null, Tools.Missing("openssl"));
        using var server = new Capture();
        await using var client = ChildProcess.Start(Tools.Find("openssl")!, ["s_client", "-connect", $"127.0.0.1:{server.Port}", .. options]);
        return await server.FirstBytesAsync(IsAll);
    }

    private static bool IsAll(byte[] bytes) => new ClientHelloReader().Read(bytes, new char[ClientHelloReader.LongestName]) != PrefaceStatus.Incomplete;
}
