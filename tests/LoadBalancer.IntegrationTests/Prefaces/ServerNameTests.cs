using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Prefaces;

/// <summary>TLS listeners: connections go by the server name, and what is in them stays between client and endpoint.</summary>
public sealed class ServerNameTests(ServerNameTests.Fixture fixture) : IClassFixture<ServerNameTests.Fixture>
{
    /// <summary>Fatal alerts: unrecognized_name (RFC 6066), missing_extension (RFC 8446).</summary>
    private const string UnrecognizedName = "15030300020270";
    private const string MissingExtension = "1503030002026D";

    [Theory]
    [InlineData("a.example.com", "a", int.MaxValue)]
    [InlineData("A.Example.COM", "a", int.MaxValue)]
    [InlineData("x.b.example.com", "b", int.MaxValue)]
    [InlineData("b.haproxy.service.consul", "b", int.MaxValue)]
    [InlineData("blue.b.haproxy.service.consul", "b", int.MaxValue)]
    [InlineData("a.example.com", "a", 1)]
    [InlineData("b.haproxy.service.consul", "b", 7)]
    public async Task The_name_leads_to_the_endpoint_with_its_own_certificate(string name, string expected, int pieces)
    {
        using var wire = await Wire.ConnectAsync(fixture.Port);
        await using var tls = await HandshakeAsync(wire, name, pieces);

        Assert.Equal("CN=" + expected, tls.RemoteCertificate!.Subject);
        await AssertEchoesAsync(tls);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Every_version_of_TLS_passes(SslProtocols protocol)
    {
        using var wire = await Wire.ConnectAsync(fixture.Port);
        await using var tls = await HandshakeAsync(wire, "a.example.com", protocols: protocol);

        Assert.Equal((protocol, "CN=a"), (tls.SslProtocol, tls.RemoteCertificate!.Subject));
        await AssertEchoesAsync(tls);
    }

    [Fact]
    public async Task A_hello_of_several_records_passes()
    {
        using var wire = await Wire.ConnectAsync(fixture.Port);
        await using var tls = await HandshakeAsync(wire, "b.haproxy.service.consul", pieces: 5000, applicationProtocols: 200);

        Assert.Equal("CN=b", tls.RemoteCertificate!.Subject);
        await AssertEchoesAsync(tls);
    }

    [Theory]
    [InlineData("nobody.example.com")]
    [InlineData("b.example.com.evil.net")]
    // Routes with a path match nothing.
    [InlineData("path.example.com")]
    public async Task A_name_that_leads_nowhere_is_told_so(string name)
    {
        var accepted = fixture.Accepted;
        using var wire = await Wire.ConnectAsync(fixture.Port);
        await Assert.ThrowsAsync<AuthenticationException>(() => HandshakeAsync(wire, name));

        wire.EndSending();
        Assert.Equal(UnrecognizedName, Convert.ToHexString(Encoding.Latin1.GetBytes(wire.Received)));
        Assert.Equal(accepted, fixture.Accepted);
    }

    [Fact]
    public async Task OpenSSL_understands_why()
    {
        Assert.SkipWhen(Tools.Find("openssl") is null, Tools.Missing("openssl"));
        foreach (var (options, alert) in new (string[], string)[] { (["-servername", "nobody.example.com"], "unrecognized name"), (["-noservername"], "missing extension") })
        {
            await using var client = ChildProcess.Start(Tools.Find("openssl")!, ["s_client", "-connect", $"127.0.0.1:{fixture.Port}", .. options]);
            await client.WaitForExitAsync();
            await Eventually.True(() => client.Output.Contains(alert, StringComparison.Ordinal), $"'{alert}' in:\n{client.Output}");
        }
    }

    [Fact]
    public async Task Without_a_name_the_service_of_the_listener_gets_the_connection()
    {
        using var named = await Wire.ConnectAsync(fixture.DefaultPort);
        await using var byName = await HandshakeAsync(named, "b.haproxy.service.consul");
        Assert.Equal("CN=b", byName.RemoteCertificate!.Subject);

        foreach (var name in (string[])["", "nobody.example.com"])
        {
            using var wire = await Wire.ConnectAsync(fixture.DefaultPort);
            await using var tls = await HandshakeAsync(wire, name);
            Assert.Equal("CN=a", tls.RemoteCertificate!.Subject);
            await AssertEchoesAsync(tls);
        }
    }

    [Fact]
    public async Task Without_a_name_and_without_a_service_the_connection_is_closed()
    {
        using var wire = await Wire.ConnectAsync(fixture.Port);
        await Assert.ThrowsAsync<AuthenticationException>(() => HandshakeAsync(wire, ""));

        Assert.Equal(MissingExtension, Convert.ToHexString(Encoding.Latin1.GetBytes(wire.Received)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")]
    [InlineData("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10")]
    [InlineData("\x16\x03\x01\x00\x04\x01\x00\x00\x00")]
    [InlineData("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n")]
    public async Task What_is_no_TLS_is_closed(string bytes)
    {
        using var wire = await Wire.ConnectAsync(fixture.DefaultPort);
        await wire.SendAsync(bytes);

        await wire.WaitForCloseAsync();

        Assert.Equal("", wire.Received);
    }

    [Fact]
    public async Task Who_leaves_within_the_hello_leaves_nothing_behind()
    {
        foreach (var length in (int[])[0, 1, 5, 6, 100])
        {
            using var wire = await Wire.ConnectAsync(fixture.DefaultPort);
            await wire.SendAsync((byte[])[.. new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3 }.Concat(new byte[200]).Take(length)]);
            wire.EndSending();
            await wire.WaitForCloseAsync();
            Assert.Equal("", wire.Received);
        }
        await fixture.Lb.WaitForIdleAsync("a");
    }

    [Fact]
    public async Task A_PROXY_header_comes_before_the_hello_on_both_sides()
    {
        using var wire = await Wire.ConnectAsync(fixture.ProxiedPort);
        await wire.SendAsync(ProxyWire.Header(ProxyProtocolVersion.V1, "192.0.2.7:1234"));
        await using var tls = await HandshakeAsync(wire, "headed.haproxy.service.consul", pieces: 100);

        Assert.Equal("CN=headed", tls.RemoteCertificate!.Subject);
        await AssertEchoesAsync(tls);
        Assert.Equal(ProxyHeader.Of(IPEndPoint.Parse("192.0.2.7:1234"), IPEndPoint.Parse("203.0.113.1:80")), fixture.Headed.Header);
    }

    [Fact]
    public async Task HAProxy_in_front_passes_TLS_on_with_its_header()
    {
        Assert.SkipWhen(Tools.Find("haproxy") is null, Tools.Missing("haproxy"));
        var port = Ports.Free();
        await using var haproxy = await HaProxyProcess.StartAsync($"""
            listen front
              bind 127.0.0.1:{port}
              server lb 127.0.0.1:{fixture.ProxiedPort} send-proxy-v2
            """, port);
        using var wire = await ProxyProtocolInTests.FromAsync("127.0.0.79", port);
        await using var tls = await HandshakeAsync(wire, "headed.haproxy.service.consul");

        await AssertEchoesAsync(tls);
        Assert.Equal(ProxyHeader.Of(wire.Socket.LocalEndPoint, IPEndPoint.Parse($"127.0.0.1:{port}")), fixture.Headed.Header);
    }

    private static async Task<SslStream> HandshakeAsync(Wire wire, string name, int pieces = int.MaxValue, SslProtocols protocols = SslProtocols.None, int applicationProtocols = 0)
    {
        var tls = new SslStream(new WireStream(wire, pieces));
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = name,
                EnabledSslProtocols = protocols,
                ApplicationProtocols = applicationProtocols == 0 ? null : [.. Enumerable.Range(0, applicationProtocols).Select(static i => new SslApplicationProtocol($"{i:d4}" + new string('p', 100)))],
                // Of an authority that was made for the test; whose it is, is what the tests ask.
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            });
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private static async Task AssertEchoesAsync(SslStream tls)
    {
        await tls.WriteAsync("hello"u8.ToArray());
        var echo = new byte[5];
        await tls.ReadExactlyAsync(echo);
        Assert.Equal("hello"u8, echo);
    }

    public sealed class Fixture : LbFixture, IAsyncLifetime
    {
        private readonly TlsEndpoint _a = new("a");
        private readonly TlsEndpoint _b = new("b");

        /// <summary>A TLS listener without a service.</summary>
        public int Port { get; } = Ports.Free();

        /// <summary>One that gives to "a" what nothing else leads anywhere.</summary>
        public int DefaultPort { get; } = Ports.Free();

        /// <summary>One whose connections begin with a PROXY header.</summary>
        public int ProxiedPort { get; } = Ports.Free();

        /// <summary>The endpoint of "headed", which expects PROXY headers.</summary>
        public TlsEndpoint Headed { get; } = new("headed", readsHeader: true);

        public int Accepted => _a.Accepted + _b.Accepted;

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await _a.DisposeAsync();
            await _b.DisposeAsync();
            await Headed.DisposeAsync();
        }

        protected override void Configure(LbConfig config)
        {
            config.Listener("tls", Port, """{ "protocol": "tls" }""");
            config.Listener("tls-default", DefaultPort, """{ "protocol": "tls", "service": "a" }""");
            config.Listener("tls-proxied", ProxiedPort, """{ "protocol": "tls", "proxyProtocol": "require", "trustedProxies": ["127.0.0.1"] }""");
            config.Service("a", _a.Address);
            config.Service("b", $$"""{ "address": "{{_b.Address}}", "tags": ["blue"] }""");
            config.Service("headed", Headed.Address);
            config.Policy("headed", """{ "sendProxyProtocol": "v2" }""");
            config.Route("""{ "host": "a.example.com", "service": "a" }""");
            config.Route("""{ "host": "*.b.example.com", "service": "b" }""");
            config.Route("""{ "host": "path.example.com", "path": "/x", "service": "b" }""");
        }
    }
}
