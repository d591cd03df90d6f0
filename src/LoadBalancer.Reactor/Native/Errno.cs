namespace LoadBalancer.Reactor.Native;

/// <summary>The error numbers that mean something to the reactor (errno(3), the same on x86-64 and arm64).</summary>
internal static class Errno
{
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int NoMemory = 12;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int AddressNotAvailable = 99;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NoBufferSpace = 105;
    public const int InProgress = 115;

    /// <summary>True when this machine ran out of descriptors, memory or ports: that says nothing about the other side.</summary>
    public static bool IsShortage(int errno) => errno is NoMemory or TooManyFilesInSystem or TooManyFiles or AddressNotAvailable or NoBufferSpace;
}
