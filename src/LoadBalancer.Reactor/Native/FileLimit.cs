namespace LoadBalancer.Reactor.Native;

/// <summary>How many descriptors this process may have.</summary>
internal static class FileLimit
{
    /// <summary>The soft limit, RLIMIT_NOFILE of getrlimit(2); 1024, its usual value, when the kernel does not say.</summary>
    public static long Read()
    {
        Span<ulong> limit = stackalloc ulong[2];
        return Libc.GetLimit(Libc.LimitFiles, ref System.Runtime.InteropServices.MemoryMarshal.GetReference(limit)) == 0 ? (long)Math.Min(limit[0], long.MaxValue) : 1024;
    }
}
