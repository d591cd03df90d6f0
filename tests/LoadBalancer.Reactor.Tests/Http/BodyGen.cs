using CsCheck;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Bodies in chunks, with all that the grammar allows.</summary>
internal static class BodyGen
{
    public sealed record Body(string Text, string Content, string Trailers);

    private static readonly Gen<string> s_extension = Gen.OneOf("", "", ";a", ";a=b", "; a=\"b;c\"");

    private static readonly Gen<string> s_format = Gen.OneOf("x", "X", "x4");

    private static readonly Gen<(string Text, string Content)> s_chunk =
        Gen.Select(Gen.String["abcd\r\n0;: "].Select(static text => text.Length == 0 ? "a" : text), s_extension, s_format)
            .Select(static (content, extension, format) => ($"{content.Length.ToString(format, null)}{extension}\r\n{content}\r\n", content));

    private static readonly Gen<(string Text, string Kept)> s_trailer =
        Gen.OneOf(("A: b\r\n", "A: b\r\n"), ("X-Sum:c \r\n", "X-Sum: c\r\n"), ("Content-Length: 7\r\n", ""), ("Transfer-Encoding: chunked\r\n", ""));

    public static Gen<Body> Chunked { get; } =
        Gen.Select(s_chunk.Array[0, 6], s_extension, s_trailer.Array[0, 3]).Select(static (chunks, extension, trailers) => new Body(
            $"{string.Concat(chunks.Select(static c => c.Text))}0{extension}\r\n{string.Concat(trailers.Select(static t => t.Text))}\r\n",
            string.Concat(chunks.Select(static c => c.Content)),
            string.Concat(trailers.Select(static t => t.Kept))));
}
