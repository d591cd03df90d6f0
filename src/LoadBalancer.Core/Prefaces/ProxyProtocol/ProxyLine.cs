namespace LoadBalancer.Core.Prefaces.ProxyProtocol;

/// <summary>Version 1 of the PROXY header: "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443" and CR LF.</summary>
internal static class ProxyLine
{
    /// <summary>The longest line with its CR LF.</summary>
    public const int LongestLine = 107;

    public static ReadOnlySpan<byte> Start => "PROXY "u8;

    private static ReadOnlySpan<byte> Unknown => "UNKNOWN"u8;

    public static ProxyReading Read(ReadOnlySpan<byte> received)
    {
        var known = Math.Min(received.Length, Start.Length);
        if (!received[..known].SequenceEqual(Start[..known]))
        {
            return ProxyReading.Malformed("it is neither \"PROXY \" nor the signature of version 2");
        }
        var line = received[..Math.Min(received.Length, LongestLine)];
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (end == line.Length - 1 && line[end] == '\r'))
        {
            return line.Length == LongestLine ? ProxyReading.Malformed("the line has no CR LF within 107 bytes") : ProxyReading.Incomplete;
        }
        if (line[end] == '\n' || line[end + 1] != '\n')
        {
            return ProxyReading.Malformed("the line ends with something else than CR LF");
        }
        return TryReadAddresses(line[Start.Length..end], out var header)
            ? ProxyReading.Complete(header, end + 2)
            : ProxyReading.Malformed("the line is not \"PROXY TCP4|TCP6 <source> <destination> <port> <port>\" or \"PROXY UNKNOWN\"");
    }

    /// <summary>Writes the line; how many bytes it has.</summary>
    public static int Write(Span<byte> to, in ProxyHeader header)
    {
        Start.CopyTo(to);
        var at = Start.Length;
        if (header is { Source: { } source, Destination: { } destination })
        {
            var isV6 = source.IsV6 || destination.IsV6;
            (isV6 ? "TCP6 "u8 : "TCP4 "u8).CopyTo(to[at..]);
            at += 5;
            at += AddressText.Write(to[at..], source, isV6);
            to[at++] = (byte)' ';
            at += AddressText.Write(to[at..], destination, isV6);
            to[at++] = (byte)' ';
            at += AddressText.WriteDecimal(to[at..], source.Port);
            to[at++] = (byte)' ';
            at += AddressText.WriteDecimal(to[at..], destination.Port);
        }
        else
        {
            Unknown.CopyTo(to[at..]);
            at += Unknown.Length;
        }
        "\r\n"u8.CopyTo(to[at..]);
        return at + 2;
    }

    private static bool TryReadAddresses(ReadOnlySpan<byte> line, out ProxyHeader header)
    {
        header = default;
        if (line.StartsWith(Unknown) && (line.Length == Unknown.Length || line[Unknown.Length] == ' '))
        {
            // Whatever else it says is to be ignored.
            return true;
        }
        var family = Take(ref line);
        var isV6 = family.SequenceEqual("TCP6"u8);
        if ((!isV6 && !family.SequenceEqual("TCP4"u8))
            || !AddressText.TryRead(Take(ref line), isV6, out var source)
            || !AddressText.TryRead(Take(ref line), isV6, out var destination)
            || !AddressText.TryReadDecimal(Take(ref line), ushort.MaxValue, out var sourcePort)
            // The last one takes the rest, in which a blank more is an error.
            || !AddressText.TryReadDecimal(line, ushort.MaxValue, out var destinationPort))
        {
            return false;
        }
        header = new ProxyHeader { Source = Address(source, isV6, sourcePort), Destination = Address(destination, isV6, destinationPort) };
        return true;
    }

    private static ProxyAddress Address(UInt128 bits, bool isV6, int port) =>
        isV6 ? ProxyAddress.Of(bits, (ushort)port) : new ProxyAddress(bits, false, (ushort)port);

    /// <summary>The text up to the next blank; the rest begins behind that.</summary>
    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var blank = rest.IndexOf((byte)' ');
        var word = blank < 0 ? rest : rest[..blank];
        rest = blank < 0 ? [] : rest[(blank + 1)..];
        return word;
    }
}
