namespace LoadBalancer.Soak.Messages;

/// <summary>What bodies consist of: bytes that follow from a number, so that a body of another message, or a shifted one, is noticed.</summary>
internal static class Pattern
{
    private const int Size = 1 << 16;

    private static readonly byte[] s_bytes = Make();

    /// <summary>The number of a request's body.</summary>
    public static long OfRequest(long id) => 2 * id;

    /// <summary>The number of an answer's body.</summary>
    public static long OfAnswer(long id) => (2 * id) + 1;

    /// <summary>Writes what stands from <paramref name="position"/> on.</summary>
    public static void Fill(long number, long position, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var piece = From(number, position);
            var count = Math.Min(piece.Length, target.Length);
            piece[..count].CopyTo(target);
            target = target[count..];
            position += count;
        }
    }

    /// <summary>True when this is what stands from <paramref name="position"/> on.</summary>
    public static bool Matches(long number, long position, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = From(number, position);
            var count = Math.Min(piece.Length, bytes.Length);
            if (!piece[..count].SequenceEqual(bytes[..count]))
            {
                return false;
            }
            bytes = bytes[count..];
            position += count;
        }
        return true;
    }

    private static ReadOnlySpan<byte> From(long number, long position)
    {
        // Knuth's multiplicative hash spreads neighbouring numbers over the table.
        var start = (long)(((ulong)number * 0x9E37_79B9_7F4A_7C15) >> 48);
        return s_bytes.AsSpan((int)((start + position) % Size));
    }

    private static byte[] Make()
    {
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
