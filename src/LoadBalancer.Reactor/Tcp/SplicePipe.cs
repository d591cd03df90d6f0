using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>A pipe through which the kernel moves pages from one socket to another (splice(2)).</summary>
internal sealed class SplicePipe : IDisposable
{
    private const int Capacity = 256 * 1024;

    private readonly int _read;
    private readonly int _write;
    private int _held;
    private int _quiet;

    private SplicePipe(int read, int write)
    {
        _read = read;
        _write = write;
    }

    public bool IsEmpty => _held == 0;

    /// <summary>True when it has had little to do for a while.</summary>
    public bool IsQuiet => _quiet > 16;

    /// <summary>A new pipe; null when there are no descriptors left, and bytes are copied as before.</summary>
    public static SplicePipe? TryOpen()
    {
        Span<int> ends = stackalloc int[2];
        if (Libc.CreatePipe(ref MemoryMarshal.GetReference(ends), Libc.SockNonBlock | Libc.SockCloseOnExec) != 0)
        {
            return null;
        }
        _ = Libc.Control(ends[1], Libc.SetPipeSize, Capacity);
        return new SplicePipe(ends[0], ends[1]);
    }

    /// <summary>Takes what the socket has; the result is that of <see cref="StreamSocket.Receive"/>.</summary>
    public int Fill(StreamSocket from)
    {
        var count = from.SpliceTo(_write, Capacity);
        if (count > 0)
        {
            _held += count;
            _quiet = count < BufferSize ? _quiet + 1 : 0;
        }
        return count;
    }

    /// <summary>Gives what it holds; the result is that of <see cref="StreamSocket.Send"/>.</summary>
    public int Drain(StreamSocket to)
    {
        var count = to.SpliceFrom(_read, _held);
        if (count > 0)
        {
            _held -= count;
        }
        return count;
    }

    public void Dispose()
    {
        _ = Libc.Close(_read);
        _ = Libc.Close(_write);
    }

    private const int BufferSize = Loops.BufferPool.Size;
}
