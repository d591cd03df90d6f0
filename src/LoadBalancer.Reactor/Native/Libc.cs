using System.Runtime.InteropServices;

namespace LoadBalancer.Reactor.Native;

/// <summary>The Linux calls that the reactor makes; results and errno as in section 2 of the manual.</summary>
internal static partial class Libc
{
    public const int SockStream = 1;
    public const int SockNonBlock = 0x800;
    public const int SockCloseOnExec = 0x80000;
    public const int IpProtoTcp = 6;
    public const int SolSocket = 1;
    public const int SoError = 4;
    public const int SoKeepAlive = 9;
    public const int SoLinger = 13;
    public const int TcpNoDelay = 1;
    public const int TcpQuickAck = 12;
    public const int MsgDontWait = 0x40;
    public const int MsgWaitAll = 0x100;
    public const int MsgNoSignal = 0x4000;
    public const int MsgMore = 0x8000;
    public const int ShutWrite = 1;
    public const int Duplicate = 1030;
    public const int SetPipeSize = 1031;
    public const int GetPipeSize = 1032;
    public const int SpliceMove = 1;
    public const int SpliceNonBlock = 2;
    public const int LimitFiles = 7;

    // The numbers are the same on x86-64 and arm64; the C library has no functions of these names.
    private const nint SetUpRing = 425;
    private const nint EnterRingNumber = 426;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int fd, ref byte address, ref uint length, int flags);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, in byte address, uint length);

    [LibraryImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    public static partial int GetPeerName(int fd, ref byte address, ref uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int fd, ref byte address, ref uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int fd, int level, int name, in int value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int fd, int level, int name, ref int value, ref uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, in byte data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, ref byte data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    public static partial nint Splice(int from, nint fromOffset, int to, nint toOffset, nint length, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int CreatePipe(ref int ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int ControlFile(int fd, int command, int value);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, ref ulong limit);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreateEpoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static unsafe partial int ControlEpoll(int epoll, int operation, int fd, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static unsafe partial int WaitEpoll(int epoll, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int CreateEvent(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, ref ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, in ulong value, nint length);

    /// <summary>io_uring_setup(2).</summary>
    public static unsafe int CreateRing(uint entries, ref SendRing.Parameters parameters)
    {
        fixed (SendRing.Parameters* pointer = &parameters)
        {
            return (int)Call(SetUpRing, (nint)entries, (nint)pointer, 0, 0, 0, 0);
        }
    }

    /// <summary>io_uring_enter(2): submits, and waits for nothing.</summary>
    public static int EnterRing(int ring, uint count) => (int)Call(EnterRingNumber, ring, (nint)count, 0, 0, 0, 0);

    /// <summary>mmap(2), shared, for reading and writing; null when that fails.</summary>
    public static unsafe byte* Map(int fd, nuint length, long offset)
    {
        const int readWrite = 3;
        const int shared = 1;
        const int populate = 0x8000;
        var address = Map(0, length, readWrite, shared | populate, fd, offset);
        return address == -1 ? null : (byte*)address;
    }

    /// <summary>munmap(2).</summary>
    public static unsafe void Unmap(byte* address, nuint length)
    {
        if (address is not null)
        {
            _ = Unmap((nint)address, length);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
