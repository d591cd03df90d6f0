using System.Net.Sockets;

namespace LoadBalancer.Core.Health;

/// <summary>
/// Takes a TCP connection that can be made for an answer. When this process has no socket left to ask with, the endpoint
/// is not to blame: that counts as an answer.
/// </summary>
/// <param name="timeout">How long the connection may take.</param>
/// <param name="time">The clock of the timeout.</param>
public sealed class ConnectProbe(TimeSpan timeout, TimeProvider time) : IEndpointProbe
{
    /// <inheritdoc/>
    public async Task<bool> AnswersAsync(string host, int port)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(host, port, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (SocketException e) when (Shortage.IsBehind(e))
        {
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return false;
        }
    }
}
