namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// The pipes of one loop. A relay has one only while there are bytes in it, so that a few serve many. Of what comes back only
/// so many are kept: each is two descriptors.
/// </summary>
/// <param name="most">How many may be rented at once; beyond, bytes are copied.</param>
internal sealed class PipePool(int most) : IDisposable
{
    private const int MostKept = 32;

    private readonly Stack<SplicePipe> _free = new(MostKept);

    /// <summary>Pipes that are rented now.</summary>
    public int Rented { get; private set; }

    /// <summary>Pipes that are open and wait to be rented.</summary>
    public int Kept => _free.Count;

    /// <summary>An empty pipe, or null when there is none to be had.</summary>
    public SplicePipe? TryRent()
    {
        if (Rented >= most || !(_free.TryPop(out var pipe) || (pipe = SplicePipe.TryOpen()) is not null))
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
}
