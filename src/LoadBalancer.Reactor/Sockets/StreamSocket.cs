using System.Net.Sockets;
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

    /// <summary>No send of it is in the loop's batch.</summary>
    private const int NotBatched = -1;

    private bool _canRead;
    private bool _canWrite;
    private bool _watchesWriting;
    private int _place = NotBatched;
    private int _sent;

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

    /// <summary>Takes it for readable and writable until it says otherwise.</summary>
    protected void AssumeReady()
    {
        _canRead = true;
        _canWrite = true;
    }

    /// <summary>
    /// Begins to watch: an event comes at once for what is there already. Most sockets can be written whenever it is tried:
    /// that is watched once one could not.
    /// </summary>
    protected void Attach()
    {
        _watchesWriting = !_canWrite;
        Loop.Watch(this, Events);
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

    /// <summary>
    /// How many bytes were taken, or <see cref="Pending"/> or <see cref="Broken"/>. After <see cref="Pending"/> the next call
    /// must offer the same bytes, or more behind them: they may be on their way with the loop's batch already.
    /// </summary>
    /// <param name="bytes">
    /// At least one. Pinned, as those of every <see cref="ByteBuffer"/> are; after <see cref="Pending"/> they stay where they
    /// are until they were taken or this is closed.
    /// </param>
    /// <param name="isLast">
    /// Nothing but the end of the stream follows, at once: it goes in the same segment, and costs the way of no other.
    /// </param>
    public int Send(ReadOnlySpan<byte> bytes, bool isLast = false)
    {
        if (_sent != 0)
        {
            var sent = _sent;
            _sent = 0;
            return sent;
        }
        if (_place != NotBatched || !_canWrite)
        {
            return Pending;
        }
        if (!isLast && Loop.Sends.TryAdd(this, bytes, out var place))
        {
            _place = place;
            return Pending;
        }
        return SendNow(bytes, isLast);
    }

    /// <summary>The batch has gone out, with all of this socket's bytes.</summary>
    internal void SentAll(int count)
    {
        _place = NotBatched;
        _sent = count;
    }

    /// <summary>Not all of the bytes went out: how many did, or the error number below zero.</summary>
    internal void SentPart(int result)
    {
        _sent = Math.Max(result, 0);
        switch (-result)
        {
            case <= 0 or Errno.Again:
                CannotWrite();
                break;
            case Errno.Interrupted:
                break;
            default:
                _sent = Break();
                break;
        }
    }

    /// <summary>The batch is this one send, or the kernel takes no batch: it goes out by itself.</summary>
    internal void SendAlone(ReadOnlySpan<byte> bytes)
    {
        _place = NotBatched;
        var sent = SendNow(bytes, isLast: false);
        _sent = sent == Pending ? 0 : sent;
    }

    private int SendNow(ReadOnlySpan<byte> bytes, bool isLast)
    {
        while (true)
        {
            var count = (int)Libc.Send(Descriptor, in MemoryMarshal.GetReference(bytes), bytes.Length, isLast ? Libc.MsgNoSignal | Libc.MsgMore : Libc.MsgNoSignal);
            if (count >= 0)
            {
                if (count < bytes.Length)
                {
                    CannotWrite();
                }
                return count;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Again:
                    CannotWrite();
                    return Pending;
                case Errno.Interrupted:
                    break;
                default:
                    return Break();
            }
        }
    }

    private int Break()
    {
        IsHungUp = true;
        // What came before may still be read, and then its end.
        _canRead = true;
        return Broken;
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
                    CannotWrite();
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
        LeaveBatch();
        Loop.Forget(this, keepOpen: false);
        if (reset)
        {
            // struct linger { on = 1, seconds = 0 }.
            _ = Libc.SetOption(Descriptor, Libc.SolSocket, Libc.SoLinger, ResetOnClose[0], 2 * sizeof(int));
        }
        _ = Libc.Close(Descriptor);
        Descriptor = -1;
    }

    /// <summary>Leaves the loop with the connection open, for whoever goes on with it; this object is done.</summary>
    protected SafeSocketHandle Detach()
    {
        LeaveBatch();
        Loop.Forget(this, keepOpen: true);
        var connection = new SafeSocketHandle(Descriptor, ownsHandle: true);
        Descriptor = -1;
        return connection;
    }

    /// <summary>Nobody waits for the send any more: it belongs to what has failed.</summary>
    private void LeaveBatch()
    {
        if (_place != NotBatched)
        {
            Loop.Sends.Remove(_place);
            _place = NotBatched;
        }
    }

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

    private void CannotWrite()
    {
        _canWrite = false;
        if (!_watchesWriting && Key != 0)
        {
            _watchesWriting = true;
            Loop.Rewatch(this, Events);
        }
    }

    private uint Events => Epoll.In | Epoll.PeerShutdown | Epoll.EdgeTriggered | (_watchesWriting ? Epoll.Out : 0);

    private static ReadOnlySpan<int> ResetOnClose => [1, 0];
}
