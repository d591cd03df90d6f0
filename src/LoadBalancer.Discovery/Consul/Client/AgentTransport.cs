using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>Builds the HTTP/1.1 handlers: TCP or Unix socket, TLS, at most so many connections per agent.</summary>
internal static class AgentTransport
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    // A watch says nothing for minutes; keep-alive probes tell a dead machine from a quiet one within about 30 s.
    private const int KeepAliveSeconds = 15;
    private const int KeepAliveInterval = 5;
    private const int KeepAliveProbes = 3;

    /// <exception cref="IOException">A certificate file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate file is malformed.</exception>
    public static SocketsHttpHandler Create(ConsulOptions options, IReadOnlyList<AgentAddress> agents, int connections)
    {
        var sockets = agents.Where(agent => agent.UnixPath is not null).ToDictionary(agent => agent.Base.Host, agent => agent.UnixPath!);
        return new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            ConnectTimeout = s_connectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            SslOptions = Tls(options.Tls),
            ConnectCallback = async (context, cancel) => sockets.TryGetValue(context.DnsEndPoint.Host, out var path)
                ? await ConnectAsync(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), cancel)
                : await ConnectAsync(Tcp(), context.DnsEndPoint, cancel),
        };
    }

    private static Socket Tcp()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        return socket;
    }

    private static async ValueTask<Stream> ConnectAsync(Socket socket, EndPoint endpoint, CancellationToken cancel)
    {
        try
        {
            await socket.ConnectAsync(endpoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Tls(ConsulTlsOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.Certificate is not null)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(options.Certificate, options.Key)];
        }
        if (options.SkipVerify)
        {
#pragma warning disable CA5359 // Asked for by the operator, and documented as for tests only.
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (options.Ca is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.Ca);
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return tls;
    }
}
