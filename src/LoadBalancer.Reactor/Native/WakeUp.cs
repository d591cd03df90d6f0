using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LoadBalancer.Reactor.Native;

/// <summary>Ends the wait of an epoll instance that watches it (eventfd(2)). From any thread, and also when it is closed already.</summary>
/// <remarks>A safe handle, because who signals may come late: a number written to after it was closed may be another's socket.</remarks>
internal sealed class WakeUp : SafeHandleMinusOneIsInvalid
{
    public WakeUp() : base(ownsHandle: true)
    {
        SetHandle(Libc.CreateEvent(0, Libc.SockNonBlock | Libc.SockCloseOnExec));
        if (IsInvalid)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>For the instance that watches it.</summary>
    public int Descriptor => (int)handle;

    /// <summary>Ends the wait; nothing when it is closed.</summary>
    public void Signal()
    {
        var isHeld = false;
        try
        {
            DangerousAddRef(ref isHeld);
            _ = Libc.Write(Descriptor, 1, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
        finally
        {
            if (isHeld)
            {
                DangerousRelease();
            }
        }
    }

    /// <summary>Takes the signals back. By who waits, and closes it.</summary>
    public void Clear()
    {
        ulong count = 0;
        _ = Libc.Read(Descriptor, ref count, sizeof(ulong));
    }

    protected override bool ReleaseHandle() => Libc.Close(Descriptor) == 0;
}
