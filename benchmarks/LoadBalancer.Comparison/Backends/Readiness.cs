using System.Net;
using System.Net.Sockets;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Backends;

/// <summary>Waits for a program by asking it what it will be asked under load.</summary>
public static class Readiness
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_onePoll = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Polls 127.0.0.1:<paramref name="port"/> until a request of <paramref name="workload"/> is answered rightly.
    /// Throws <see cref="InvalidOperationException"/> with the program's output when it ended, or after 20 seconds.
    /// </summary>
    public static async Task WaitAsync(Workload workload, int port, ChildProcess process, string name, CancellationToken cancellation)
    {
        try
        {
            await Eventually.True(
                async () =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return process.HasExited
                        ? throw new InvalidOperationException($"{name} ended with exit code {process.ExitCode}:\n{process.Output}")
                        : await AnswersAsync(workload, port);
                },
                $"{name} answers on 127.0.0.1:{port}", s_limit);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{e.Message}: {e.InnerException?.Message}\n{process.Output}", e);
        }
    }

    private static async Task<bool> AnswersAsync(Workload workload, int port)
    {
        using var limit = new CancellationTokenSource(s_onePoll);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        if (workload.Kind != WorkloadKind.TcpBulk)
        {
            _ = await socket.SendAsync(workload.Request(), limit.Token);
        }
        var answer = new byte[16];
        var count = await socket.ReceiveAsync(answer, limit.Token);
        return workload.Kind == WorkloadKind.Http ? answer.AsSpan().StartsWith("HTTP/1.1 200"u8) : count > 0;
    }
}
