using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>A TCP connection: passing when it is accepted, critical otherwise. Nothing is sent but a PROXY header where one is expected.</summary>
/// <param name="host">A name or an address.</param>
/// <param name="port">1 to 65535.</param>
/// <param name="timeout">The limit for resolving and connecting.</param>
/// <param name="time">The clock of the limit.</param>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#tcp-checks"/></remarks>
public sealed class TcpCheck(string host, int port, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    private readonly string _subject = $"TCP connect {Authority.Format(host, port)}";

    /// <summary>The PROXY header with which the connection begins.</summary>
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <inheritdoc/>
    public Task<CheckResult> RunAsync(CancellationToken ct) => TimedCheck.RunAsync(_subject, ConnectAsync, timeout, time, ct);

    private async Task<CheckResult> ConnectAsync(CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host, port, ct);
        await OwnHeader.SendAsync(socket, SendProxyProtocol, ct);
        return new CheckResult(CheckStatus.Passing, $"{_subject}: Success") { Summary = "connected" };
    }
}
