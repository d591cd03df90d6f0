namespace LoadBalancer.Reactor.Loops;

/// <summary>
/// The buffers of one loop, in two sizes. A connection holds one only while it has bytes to keep, so that idle ones cost none.
/// Of what comes back only so many are kept: a burst does not hold its memory for ever.
/// </summary>
internal sealed class BufferPool
{
    /// <summary>Room for nearly every head, or a piece of a body.</summary>
    public const int Size = 16 * 1024;

    /// <summary>Room for the largest head that is taken, or a large piece of a body.</summary>
    public const int LargeSize = 96 * 1024;

    private const int MostKept = 1024;
    private const int MostLargeKept = 64;

    private readonly Stack<ByteBuffer> _free = new(MostKept);
    private readonly Stack<ByteBuffer> _freeLarge = new(MostLargeKept);

    /// <summary>Buffers that are rented now.</summary>
    public int Rented { get; private set; }

    public ByteBuffer Rent()
    {
        Rented++;
        return _free.TryPop(out var buffer) ? buffer : new ByteBuffer(Size);
    }

    public ByteBuffer RentLarge()
    {
        Rented++;
        return _freeLarge.TryPop(out var buffer) ? buffer : new ByteBuffer(LargeSize);
    }

    /// <summary>Moves what is in the buffer to a large one.</summary>
    public void Enlarge(ref ByteBuffer? buffer)
    {
        var large = RentLarge();
        large.Write(buffer!.Filled);
        Return(ref buffer);
        buffer = large;
    }

    /// <summary>Takes the buffer back and forgets the reference, so that it is not used again.</summary>
    public void Return(ref ByteBuffer? buffer)
    {
        if (buffer is null)
        {
            return;
        }
        Rented--;
        buffer.Clear();
        var (free, most) = buffer.Capacity == Size ? (_free, MostKept) : (_freeLarge, MostLargeKept);
        if (free.Count < most)
        {
            free.Push(buffer);
        }
        buffer = null;
    }
}
