using System.Net;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>What the TCP connections of one loop share.</summary>
internal sealed class TcpLoop(EventLoop loop) : IDisposable
{
    private int _count;

    public PipePool Pipes { get; } = new(loop, PipesWithin(FileLimit.Read(), Environment.ProcessorCount));

    /// <summary>Connections of clients that are open.</summary>
    public HashSet<TcpConnection> Connections { get; } = [];

    /// <summary>Connections of clients that are open or about to be. From any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts a connection that is about to be opened. From any thread.</summary>
    public void CountIn() => Interlocked.Increment(ref _count);

    /// <summary>A connection has ended.</summary>
    public void CountOut() => Interlocked.Decrement(ref _count);

    /// <summary>Serves a client's connection, which has been counted.</summary>
    /// <param name="host">What it needs to know.</param>
    /// <param name="descriptor">Its socket, non-blocking; belongs to the loop from here on, whatever happens.</param>
    /// <param name="peer">Where it comes from; null when that has no address.</param>
    public void Open(TcpConnectionHost host, int descriptor, IPAddress? peer)
    {
        var connection = new TcpConnection(loop, host, descriptor, peer);
        try
        {
            connection.Start();
        }
        catch
        {
            connection.Abort();
            throw;
        }
    }

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
