using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>What the TCP connections of one loop share.</summary>
internal sealed class TcpLoop(EventLoop loop) : IDisposable
{
    public PipePool Pipes { get; } = new(loop, PipesWithin(FileLimit.Read(), Environment.ProcessorCount));

    /// <summary>Connections of clients that are open.</summary>
    public HashSet<TcpConnection> Connections { get; } = [];

    /// <summary>Ends every connection.</summary>
    public void Abort()
    {
        foreach (var connection in Connections.ToArray())
        {
            connection.Abort();
        }
    }

    public void Dispose() => Pipes.Dispose();

    /// <summary>
    /// At most a 32nd of all descriptors is for pipes, each of which takes two; and at most 128 MB per loop wait in them.
    /// </summary>
    private static int PipesWithin(long files, int loops) => (int)Math.Clamp(files / 64 / loops, 1, 128);
}
