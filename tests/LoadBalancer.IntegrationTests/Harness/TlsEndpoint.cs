using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>An endpoint that speaks TLS with a certificate of its own, and echoes.</summary>
public sealed class TlsEndpoint : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls-test-").FullName;
    private readonly X509Certificate2 _certificate;
    private readonly RawEndpoint _endpoint;
    private readonly bool _readsHeader;

    /// <param name="name">The name in its certificate.</param>
    /// <param name="readsHeader">Whether its connections begin with a PROXY header.</param>
    public TlsEndpoint(string name, bool readsHeader = false)
    {
        _readsHeader = readsHeader;
        var (_, certificate, key) = TestCertificates.Make(_folder, name);
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        _certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        _endpoint = new RawEndpoint(name, ServeAsync);
    }

    public string Address => _endpoint.Address;

    public int Accepted => _endpoint.Accepted;

    /// <summary>The PROXY header of the last connection.</summary>
    public ProxyHeader Header { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync(Wire wire)
    {
        if (_readsHeader)
        {
            Header = await wire.ReadProxyHeaderAsync();
        }
        await using var stream = new SslStream(_readsHeader ? new WireStream(wire) : new NetworkStream(wire.Socket));
        await stream.AuthenticateAsServerAsync(_certificate);
        var buffer = new byte[1024];
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
