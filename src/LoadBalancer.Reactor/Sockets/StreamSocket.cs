using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>
/// A connected stream socket in a loop. An operation completes at once or says <see cref="Pending"/>; then
/// <see cref="Advance"/> is called when it is worth trying again. So state machines on top know nothing of readiness.
/// </summary>
/// <remarks>
/// Registered once, edge-triggered, so that nothing but the data itself costs a system call: after a read that did not fill
/// its buffer nothing is left (epoll(7)), and the next arrival is a new event.
/// </remarks>
internal abstract class StreamSocket(EventLoop loop, int descriptor) : Channel(loop, descriptor)
{
    /// <summary>Not done yet: try again in <see cref="Advance"/>.</summary>
    public const int Pending = -1;

    /// <summary>The connection is broken.</summary>
    public const int Broken = -2;

    /// <summary>The other side sends no more.</summary>
    public const int End = 0;

    private bool _canRead;
    private bool _canWrite;

    /// <summary>True when the other side has reset the connection, or both sides have ended.</summary>
    public bool IsHungUp { get; private set; }

    /// <summary>True when the connection is broken: reset by the other side, or given up by the kernel.</summary>
    public bool IsReset { get; private set; }

    /// <summary>True when the other side has ended its direction; bytes that came before may still wait.</summary>
    public bool HasPeerEnded { get; private set; }

    /// <summary>True when something may have come that was not read.</summary>
    public bool HasInput => _canRead;

    /// <summary>True when connecting has ended, well or not.</summary>
    public bool HasConnected => _canWrite;

    public bool IsOpen => Descriptor >= 0;

    /// <summary>Begins to watch. A connected socket can be read and written until it says otherwise.</summary>
    protected void Attach(bool isConnected)
    {
        _canRead = isConnected;
        _canWrite = isConnected;
        Loop.Watch(this, Epoll.In | Epoll.Out | Epoll.PeerShutdown | Epoll.EdgeTriggered);
    }

    /// <summary>How many bytes came, or <see cref="Pending"/>, <see cref="End"/> or <see cref="Broken"/>.</summary>
    public int Receive(Span<byte> buffer)
    {
        if (!_canRead)
        {
            return Pending;
        }
        while (true)
        {
            var count = (int)Libc.Receive(Descriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length, 0);
            if (count > 0)
            {
                // What ended or broke is found by the next read; only then is there no new event to come.
                _canRead = count == buffer.Length || HasPeerEnded || IsHungUp;
                return count;
            }
            if (count == 0)
            {
                HasPeerEnded = true;
                return End;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Again:
                    _canRead = false;
                    return Pending;
                case Errno.Interrupted:
                    break;
                default:
                    IsHungUp = true;
                    return Broken;
            }
        }
    }

    /// <summary>Asks the kernel whether the other side has closed the idle connection, or said something unasked.</summary>
    public bool IsStale()
    {
        Span<byte> probe = stackalloc byte[1];
        _canRead = true;
        return Receive(probe) != Pending;
    }

    /// <summary>How many bytes were taken, or <see cref="Pending"/> or <see cref="Broken"/>.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        if (!_canWrite)
        {
            return Pending;
        }
        while (true)
        {
            var count = (int)Libc.Send(Descriptor, in MemoryMarshal.GetReference(bytes), bytes.Length, Libc.MsgNoSignal);
            if (count >= 0)
            {
                _canWrite = count == bytes.Length;
                return count;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Again:
                    _canWrite = false;
                    return Pending;
                case Errno.Interrupted:
                    break;
                default:
                    IsHungUp = true;
                    // What came before may still be read, and then its end.
                    _canRead = true;
                    return Broken;
            }
        }
    }

    /// <summary>Moves what has come into a pipe, which is empty. The result is that of <see cref="Receive"/>.</summary>
    /// <remarks>Less than <paramref name="most"/> does not mean that nothing is left: what does not fit into the pipe stays.</remarks>
    public int SpliceTo(int pipe, int most)
    {
        if (!_canRead)
        {
            return Pending;
        }
        nint count;
        while ((count = Libc.Splice(Descriptor, 0, pipe, 0, most, Libc.SpliceMove | Libc.SpliceNonBlock)) < 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Again:
                    // Not the pipe: that is empty.
                    _canRead = false;
                    return Pending;
                case Errno.Interrupted:
                    break;
                default:
                    IsReset = true;
                    return Broken;
            }
        }
        HasPeerEnded |= count == 0;
        return (int)count;
    }

    /// <summary>Sends what a pipe holds, which is <paramref name="held"/> bytes. The result is that of <see cref="Send"/>.</summary>
    /// <remarks>No flag keeps splice(2) from SIGPIPE, which the runtime ignores.</remarks>
    public int SpliceFrom(int pipe, int held)
    {
        if (!_canWrite)
        {
            return Pending;
        }
        nint count;
        while ((count = Libc.Splice(pipe, 0, Descriptor, 0, held, Libc.SpliceMove | Libc.SpliceNonBlock)) < 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Again:
                    // Not the pipe: that holds something.
                    _canWrite = false;
                    return Pending;
                case Errno.Interrupted:
                    break;
                default:
                    IsReset = true;
                    return Broken;
            }
        }
        return (int)count;
    }

    /// <summary>Sends no more; the other side sees the end of the stream.</summary>
    public void EndSending() => _ = Libc.Shutdown(Descriptor, Libc.ShutWrite);

    /// <summary>Closes. With <paramref name="reset"/> the other side cannot take what it got for all.</summary>
    public void Close(bool reset = false)
    {
        if (Descriptor < 0)
        {
            return;
        }
        Loop.Forget(this, keepOpen: false);
        if (reset)
        {
            // struct linger { on = 1, seconds = 0 }.
            _ = Libc.SetOption(Descriptor, Libc.SolSocket, Libc.SoLinger, ResetOnClose[0], 2 * sizeof(int));
        }
        CloseDescriptor();
        Descriptor = -1;
    }

    /// <summary>Leaves the loop with the connection open; this object is done.</summary>
    protected void Detach()
    {
        Loop.Forget(this, keepOpen: true);
        Descriptor = -1;
    }

    protected virtual void CloseDescriptor() => _ = Libc.Close(Descriptor);

    internal sealed override void OnEvents(uint events)
    {
        if ((events & (Epoll.In | Epoll.PeerShutdown | Epoll.HangUp | Epoll.Error)) != 0)
        {
            _canRead = true;
        }
        if ((events & (Epoll.Out | Epoll.HangUp | Epoll.Error)) != 0)
        {
            _canWrite = true;
        }
        HasPeerEnded |= (events & Epoll.PeerShutdown) != 0;
        IsHungUp |= (events & (Epoll.HangUp | Epoll.Error)) != 0;
        IsReset |= (events & Epoll.Error) != 0;
        Advance();
    }

    internal sealed override void OnTurn()
    {
        if (IsOpen)
        {
            Advance();
        }
    }

    /// <summary>Goes on with whatever was pending.</summary>
    protected abstract void Advance();

    private static ReadOnlySpan<int> ResetOnClose => [1, 0];
}
