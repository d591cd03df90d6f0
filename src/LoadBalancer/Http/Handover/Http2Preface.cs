using System.Buffers;

namespace LoadBalancer.Http.Handover;

/// <summary>Tells cleartext HTTP/2 with prior knowledge (RFC 9113 section 3.4) from HTTP/1.1 by the first bytes of a connection.</summary>
internal static class Http2Preface
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>True for HTTP/2, false for HTTP/1.1, null when more bytes are needed.</summary>
    public static bool? Matches(in ReadOnlySequence<byte> start)
    {
        Span<byte> bytes = stackalloc byte[(int)Math.Min(start.Length, Preface.Length)];
        start.Slice(0, bytes.Length).CopyTo(bytes);
        if (!Preface.StartsWith(bytes))
        {
            return false;
        }
        return bytes.Length == Preface.Length ? true : null;
    }
}
