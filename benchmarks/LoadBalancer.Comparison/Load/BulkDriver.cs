using System.Diagnostics;
using System.Runtime.InteropServices;
using LoadBalancer.Comparison.Native;

namespace LoadBalancer.Comparison.Load;

/// <summary>Receives the endless stream of the TCP backend on every connection, without copying it (MSG_TRUNC).</summary>
public sealed class BulkDriver : ILoadDriver
{
    private const int Chunk = 1024 * 1024;

    /// <inheritdoc/>
    public Task<LoadResult> RunAsync(LoadPlan plan, CancellationToken cancellation) =>
        Task.Factory.StartNew(() => Run(plan, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadResult Run(LoadPlan plan, CancellationToken cancellation)
    {
        using var epoll = new Epoll();
        var descriptors = new int[plan.Connections];
        try
        {
            for (var i = 0; i < descriptors.Length; i++)
            {
                descriptors[i] = TcpSocket.Connect(plan.Port);
                if (descriptors[i] >= 0)
                {
                    epoll.Watch(descriptors[i], Epoll.In, i);
                }
            }
            return Receive(plan, epoll, descriptors, cancellation);
        }
        finally
        {
            foreach (var descriptor in descriptors.Where(descriptor => descriptor >= 0))
            {
                _ = Libc.Close(descriptor);
            }
        }
    }

    private static unsafe LoadResult Receive(LoadPlan plan, Epoll epoll, int[] descriptors, CancellationToken cancellation)
    {
        long bytes = 0;
        long errors = descriptors.Count(descriptor => descriptor < 0);
        byte unused;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < plan.Duration)
        {
            cancellation.ThrowIfCancellationRequested();
            var ready = epoll.Wait(100_000_000);
            for (var i = 0; i < ready; i++)
            {
                var index = epoll.ReadyKey(i);
                var count = Libc.Receive(descriptors[index], &unused, Chunk, Libc.MsgTrunc);
                if (count > 0)
                {
                    bytes += count;
                }
                else if (count == 0 || Marshal.GetLastPInvokeError() is not (Libc.EAgain or Libc.EIntr))
                {
                    errors++;
                    _ = Libc.Close(descriptors[index]);
                    descriptors[index] = -1;
                }
            }
        }
        return new LoadResult(0, bytes, Stopwatch.GetElapsedTime(start).TotalSeconds, null, null, errors);
    }
}
