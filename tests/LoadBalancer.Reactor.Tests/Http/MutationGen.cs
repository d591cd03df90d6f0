using CsCheck;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Small changes of a message, of the kind that parsers disagree about.</summary>
internal static class MutationGen
{
    /// <param name="Kind">What is done.</param>
    /// <param name="At">Where, as a part of the length, in thousandths.</param>
    /// <param name="Length">To how much.</param>
    /// <param name="Piece">What is put in.</param>
    public sealed record Mutation(int Kind, int At, int Length, string Piece)
    {
        public string Of(string text)
        {
            var at = text.Length * At / 1000;
            var end = Math.Min(text.Length, at + Length);
            return Kind switch
            {
                0 => text[..at] + text[end..],
                1 => text[..end] + text[at..],
                2 => text[..at] + Piece + text[at..],
                3 => text[..at] + Piece + text[Math.Min(text.Length, at + Piece.Length)..],
                // At a line's beginning or end, where it hurts most.
                4 => text.IndexOf('\n', at) is var line and >= 0 ? text[..(line + 1)] + Piece + text[(line + 1)..] : text,
                5 => text.IndexOf('\r', at) is var line and >= 0 ? text[..line] + Piece + text[line..] : text,
                _ => text[..at],
            };
        }
    }

    private static readonly Gen<string> s_piece = Gen.OneOf(
        Gen.OneOf(
            "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", "\0", ":", ",", ";", "0", "5", "f", "-", "+", "\u00ff", "%", "/", "..", "#", "?", "\"", "\u000b", "\u0085",
            "chunked", "0\r\n\r\n", "HTTP/1.1", "HTTP/1.0", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\u000bchunked\r\n", "Connection: close\r\n", "Connection: keep-alive, content-length\r\n",
            "Expect: 100-continue\r\n", " folded\r\n", "Host: b\r\n", "A : b\r\n", "GET /x HTTP/1.1\r\nHost: api\r\n\r\n"),
        Gen.Char[(char)0, (char)255].Select(static c => c.ToString()));

    private static readonly Gen<Mutation> s_mutation =
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 1000], Gen.Int[1, 12], s_piece).Select(static (kind, at, length, piece) => new Mutation(kind, at, length, piece));

    public static Gen<Mutation[]> Mutations { get; } = s_mutation.Array[1, 3];
}
