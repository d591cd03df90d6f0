using System.Globalization;
using System.Net.Sockets;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>A TCP connection: passing when it is accepted, critical otherwise. Nothing is sent.</summary>
/// <param name="host">A name or an address.</param>
/// <param name="port">1 to 65535.</param>
/// <param name="timeout">The limit for resolving and connecting.</param>
/// <param name="time">The clock of the limit.</param>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#tcp-checks"/></remarks>
public sealed class TcpCheck(string host, int port, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    private readonly string _target = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, linked.Token);
            return new CheckResult(CheckStatus.Passing, $"TCP connect {_target}: Success");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new CheckResult(CheckStatus.Critical, string.Create(CultureInfo.InvariantCulture, $"TCP connect {_target}: no answer within {timeout.TotalSeconds:0.###} s"));
        }
        catch (SocketException e)
        {
            return new CheckResult(CheckStatus.Critical, $"TCP connect {_target}: {e.Message}");
        }
    }
}
