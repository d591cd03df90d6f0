using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LoadBalancer.Reactor.Native;

/// <summary>An epoll instance, for one thread; each descriptor is watched under a number of the caller.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint In = 0x1;
    public const uint Out = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerShutdown = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    /// <summary>Of several instances that watch the same descriptor, an event wakes one or few, not all.</summary>
    public const uint Exclusive = 1u << 28;

    private const int Capacity = 256;
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;

    // struct epoll_event is packed on x86-64 and padded everywhere else.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_eventSize = s_dataOffset + 8;

    private readonly int _fd;
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(Capacity, 16);

    public Epoll()
    {
        _fd = Libc.CreateEpoll(Libc.SockCloseOnExec);
        if (_fd < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Watches until the descriptor is closed or <see cref="Unwatch"/>.</summary>
    public void Watch(int fd, uint events, ulong key) => Control(Add, fd, events, key);

    /// <summary>Watches for other events than before, or under another key.</summary>
    public void Change(int fd, uint events, ulong key) => Control(Modify, fd, events, key);

    public void Unwatch(int fd)
    {
        var change = stackalloc byte[16];
        _ = Libc.ControlEpoll(_fd, Delete, fd, change);
    }

    /// <summary>How many descriptors are ready, after at most so long (-1: for ever); 0 when a signal came.</summary>
    public int Wait(int milliseconds)
    {
        var count = Libc.WaitEpoll(_fd, _events, Capacity, milliseconds);
        return count >= 0 || Marshal.GetLastPInvokeError() == Errno.Interrupted
            ? Math.Max(count, 0)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>The key and the events of the <paramref name="index"/>th descriptor of the last <see cref="Wait"/>.</summary>
    public (ulong Key, uint Events) Ready(int index)
    {
        var ready = _events + (index * s_eventSize);
        return (*(ulong*)(ready + s_dataOffset), *(uint*)ready);
    }

    private void Control(int operation, int fd, uint events, ulong key)
    {
        var change = stackalloc byte[16];
        *(uint*)change = events;
        *(ulong*)(change + s_dataOffset) = key;
        if (Libc.ControlEpoll(_fd, operation, fd, change) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public void Dispose()
    {
        _ = Libc.Close(_fd);
        NativeMemory.Free(_events);
    }
}
