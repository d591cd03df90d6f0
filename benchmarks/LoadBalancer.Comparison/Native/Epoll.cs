using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LoadBalancer.Comparison.Native;

/// <summary>An epoll instance, for one thread; each descriptor is watched under an integer of the caller.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint In = 0x1;
    public const uint Out = 0x4;
    public const uint EdgeTriggered = 1u << 31;

    private const int Capacity = 512;
    private const int Add = 1;

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

    /// <summary>Watches until the descriptor is closed.</summary>
    public void Watch(int fd, uint events, int key)
    {
        var e = stackalloc byte[16];
        *(uint*)e = events;
        *(long*)(e + s_dataOffset) = key;
        if (Libc.ControlEpoll(_fd, Add, fd, e) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>How many descriptors are ready, after at most <paramref name="nanoseconds"/>; 0 when a signal came.</summary>
    public int Wait(long nanoseconds)
    {
        var count = Libc.WaitEpoll(_fd, _events, Capacity, new TimeSpec(Math.Max(nanoseconds, 0)), 0);
        return count >= 0 || Marshal.GetLastPInvokeError() == Libc.EIntr
            ? Math.Max(count, 0)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>The key of the <paramref name="index"/>th descriptor of the last <see cref="Wait"/>.</summary>
    public int ReadyKey(int index) => (int)*(long*)(_events + (index * s_eventSize) + s_dataOffset);

    public void Dispose()
    {
        _ = Libc.Close(_fd);
        NativeMemory.Free(_events);
    }
}
