using System.Net;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor;

/// <summary>
/// A listener on the reactor: one listening socket per loop, on the same address (SO_REUSEPORT), so that the kernel spreads
/// connections over the loops.
/// </summary>
public abstract class ReactorListener
{
    private Acceptor[] _acceptors = [];
    private int _connections;
    private volatile bool _isClosing;

    /// <summary>True when no further connections are accepted: those that are open finish what they do.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Connections that are open, on all loops.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many connections may be open; 0 for no limit.</summary>
    protected internal abstract int MaxConnections { get; }

    internal bool HasRoom => MaxConnections is var most && (most == 0 || Connections < most);

    /// <summary>A connection could not be accepted (errno).</summary>
    protected internal abstract void AcceptFailed(int errno);

    /// <summary>Begins to serve a connection, on its loop's thread.</summary>
    internal abstract void Serve(EventLoop loop, int descriptor, IPEndPoint? peer);

    internal void Accepted(EventLoop loop, int descriptor, IPEndPoint? peer)
    {
        Interlocked.Increment(ref _connections);
        Serve(loop, descriptor, peer);
    }

    /// <summary>A connection has ended or been handed over.</summary>
    internal void Ended()
    {
        var most = MaxConnections;
        if (Interlocked.Decrement(ref _connections) == most - 1 && most > 0)
        {
            foreach (var acceptor in _acceptors)
            {
                acceptor.Loop.Post(new Resumption(acceptor));
            }
        }
    }

    internal void Open(EventLoop[] loops, int[] sockets)
    {
        var acceptors = new Acceptor[sockets.Length];
        using var opened = new CountdownEvent(sockets.Length);
        for (var i = 0; i < sockets.Length; i++)
        {
            var (index, loop) = (i, loops[i]);
            loop.Post(new LoopAction(() =>
            {
                acceptors[index] = new Acceptor(loop, sockets[index], this);
                opened.Signal();
            }));
        }
        opened.Wait();
        _acceptors = acceptors;
    }

    /// <summary>Stops accepting; connections that are open are not touched. Returns when nothing is accepted any more.</summary>
    public void Close()
    {
        _isClosing = true;
        using var closed = new CountdownEvent(_acceptors.Length);
        foreach (var acceptor in _acceptors)
        {
            acceptor.Loop.Post(new LoopAction(() =>
            {
                acceptor.Close();
                closed.Signal();
            }));
        }
        closed.Wait();
    }

    private sealed class Resumption(Acceptor acceptor) : ILoopTask
    {
        public void Run() => acceptor.Resume();
    }
}
