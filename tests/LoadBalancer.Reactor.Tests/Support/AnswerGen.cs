using CsCheck;
using LoadBalancer.Reactor.Tests.Http;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Answers that must be passed on.</summary>
internal static class AnswerGen
{
    /// <param name="Text">As it is sent.</param>
    /// <param name="Status">What the client must get.</param>
    /// <param name="Body">And its content.</param>
    /// <param name="EndsWithConnection">The connection's end is the answer's end.</param>
    public sealed record Answer(string Text, int Status, string Body, bool EndsWithConnection);

    private static readonly Gen<string> s_interim = Gen.OneOf("", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").Array[0, 3].Select(string.Concat);

    /// <summary>Long enough to stay where they are when the head changes, behind heads that become longer or shorter.</summary>
    private static readonly Gen<Answer> s_long =
        Gen.Select(s_interim, Gen.OneOf("", "Connection: keep-alive\r\nKeep-Alive: timeout=5, max=1000\r\n", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), Gen.Bool, Gen.Char["ab\r\n0: "].Array[900, 6_000]).Select(
            static (interim, fields, hasLength, text) => new Answer(
                $"{interim}HTTP/1.1 200 OK\r\n{fields}{(hasLength ? $"Content-Length: {text.Length}\r\n" : "")}\r\n{new string(text)}", 200, new string(text), !hasLength));

    private static readonly Gen<Answer> s_short =
        Gen.Select(Gen.Int[0, 5], s_interim, Gen.OneOf("", " OK", " No such thing"), Gen.String["ab\r\n0: "], BodyGen.Chunked).Select(
            static (kind, interim, phrase, text, body) => kind switch
            {
                0 => new Answer($"{interim}HTTP/1.1 200{phrase}\r\nContent-Length: {text.Length}\r\n\r\n{text}", 200, text, false),
                1 => new Answer($"{interim}HTTP/1.1 500{phrase}\r\nX-A : b\r\nTransfer-Encoding: chunked\r\n\r\n{body.Text}", 500, body.Content, false),
                2 => new Answer($"{interim}HTTP/1.1 404{phrase}\r\n\r\n{text}", 404, text, true),
                3 => new Answer($"HTTP/1.0 200{phrase}\r\n\r\n{text}", 200, text, true),
                4 => new Answer($"{interim}HTTP/1.1 304{phrase}\r\nContent-Length: 77\r\n\r\n", 304, "", false),
                _ => new Answer($"{interim}HTTP/1.1 204{phrase}\r\nContent-Length: 0\r\n\r\n", 204, "", false),
            });

    public static Gen<Answer> Valid { get; } = Gen.Frequency((4, s_short), (1, s_long));
}
