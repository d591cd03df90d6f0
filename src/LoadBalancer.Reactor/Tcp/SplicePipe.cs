using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>A pipe through which the kernel moves pages from one socket to another (splice(2)).</summary>
internal sealed class SplicePipe : IDisposable
{
    /// <summary>
    /// Room for the pages of 1 MB, the most that everybody may ask for (/proc/sys/fs/pipe-max-size): against 256 KB it was
    /// measured to halve the CPU per byte, with fewer calls and fewer acknowledgements.
    /// </summary>
    private const int Capacity = 1024 * 1024;

    /// <summary>What a user beyond a share of pipe memory still gets is no gain over copies (pipe(7)).</summary>
    private const int LeastCapacity = 64 * 1024;

    private readonly int _read;
    private readonly int _write;
    private int _held;

    private SplicePipe(int read, int write)
    {
        _read = read;
        _write = write;
    }

    public bool IsEmpty => _held == 0;

    /// <summary>A new pipe; null when there are no descriptors left, or no memory for pipes.</summary>
    public static SplicePipe? TryOpen()
    {
        Span<int> ends = stackalloc int[2];
        if (Libc.CreatePipe(ref MemoryMarshal.GetReference(ends), Libc.SockNonBlock | Libc.SockCloseOnExec) != 0)
        {
            return null;
        }
        var pipe = new SplicePipe(ends[0], ends[1]);
        if (Libc.ControlFile(ends[1], Libc.SetPipeSize, Capacity) < 0 && Libc.ControlFile(ends[1], Libc.GetPipeSize, 0) < LeastCapacity)
        {
            pipe.Dispose();
            return null;
        }
        return pipe;
    }

    /// <summary>Takes what the socket has; only while empty. The result is that of <see cref="StreamSocket.Receive"/>.</summary>
    public int Fill(StreamSocket from)
    {
        var count = from.SpliceTo(_write, Capacity);
        _held = Math.Max(count, 0);
        return count;
    }

    /// <summary>Gives what it holds. The result is that of <see cref="StreamSocket.Send"/>.</summary>
    public int Drain(StreamSocket to)
    {
        var count = to.SpliceFrom(_read, _held);
        _held -= Math.Max(count, 0);
        return count;
    }

    public void Dispose()
    {
        _ = Libc.Close(_read);
        _ = Libc.Close(_write);
    }
}
