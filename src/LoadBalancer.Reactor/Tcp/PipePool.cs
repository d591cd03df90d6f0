using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// The pipes of one loop. A relay has one only while there are bytes in it, so that a few serve many. Of what comes back only
/// so many are kept: each is two descriptors.
/// </summary>
/// <param name="loop">Whose clock counts.</param>
/// <param name="most">How many may be rented at once: what receivers are slow to take waits in them.</param>
internal sealed class PipePool(EventLoop loop, int most) : IDisposable
{
    private const int MostKept = 32;

    /// <summary>Milliseconds until another pipe is asked for after the kernel refused one.</summary>
    private const int Pause = 1_000;

    private readonly Stack<SplicePipe> _free = new(MostKept);
    private long _notBefore;

    /// <summary>Pipes that are rented now.</summary>
    public int Rented { get; private set; }

    /// <summary>Pipes that are open and wait to be rented.</summary>
    public int Kept => _free.Count;

    /// <summary>An empty pipe; null when there is none to be had, and bytes are copied.</summary>
    public SplicePipe? TryRent()
    {
        if (Rented >= most || !(_free.TryPop(out var pipe) || (pipe = TryOpen()) is not null))
        {
            return null;
        }
        Rented++;
        return pipe;
    }

    /// <summary>Takes the pipe back and forgets the reference. One with bytes in it is closed: they are nobody else's.</summary>
    public void Return(ref SplicePipe? pipe)
    {
        if (pipe is null)
        {
            return;
        }
        Rented--;
        if (pipe.IsEmpty && _free.Count < MostKept)
        {
            _free.Push(pipe);
        }
        else
        {
            pipe.Dispose();
        }
        pipe = null;
    }

    public void Dispose()
    {
        while (_free.TryPop(out var pipe))
        {
            pipe.Dispose();
        }
    }

    private SplicePipe? TryOpen()
    {
        if (loop.Now < _notBefore)
        {
            return null;
        }
        var pipe = SplicePipe.TryOpen();
        if (pipe is null)
        {
            _notBefore = loop.Now + Pause;
        }
        return pipe;
    }
}
