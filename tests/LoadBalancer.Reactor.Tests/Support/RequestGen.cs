using CsCheck;
using LoadBalancer.Reactor.Tests.Http;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Requests that must be passed on, with what the backend must answer.</summary>
internal static class RequestGen
{
    /// <param name="Text">As it is sent.</param>
    /// <param name="Answer">What <see cref="RecordingBackend"/> says to it.</param>
    /// <param name="IsHead">The answer has no body.</param>
    public sealed record Request(string Text, string Answer, bool IsHead);

    private static readonly Gen<string> s_target = Gen.OneOf("/", "/a/b?c=d", "/%2e%2f?", "/a;b,c", "/x?q=%00&r=[1]");

    public static Gen<Request> Valid { get; } =
        Gen.Select(Gen.Int[0, 4], s_target, Gen.OneOf("api", "API:80", "[::1]:8080"), Gen.OneOf("", "v", "a \tb"), Gen.String["ab\r\n0: "], BodyGen.Chunked).Select(
            static (kind, target, host, value, text, body) =>
            {
                var fields = $"Host: {host}\r\nX-A:{value} \r\n";
                var shown = $"{target} x={value}";
                return kind switch
                {
                    0 => new Request($"GET {target} HTTP/1.1\r\n{fields}\r\n", $"GET {shown} t= 0\n", false),
                    1 => new Request($"HEAD {target} HTTP/1.1\r\n{fields}\r\n", "", true),
                    2 => new Request($"POST {target} HTTP/1.1\r\n{fields}Content-Length: {text.Length}\r\n\r\n{text}", $"POST {shown} t= {text.Length}\n{text}", false),
                    3 => new Request($"\r\nPUT http://{host}{target} HTTP/1.1\r\n{fields}\r\n", $"PUT {shown} t= 0\n", false),
                    _ => new Request(
                        $"POST {target} HTTP/1.1\r\n{fields}Transfer-Encoding: chunked\r\n\r\n{body.Text}",
                        $"POST {shown} t={Sums(body.Trailers)} {body.Content.Length}\n{body.Content}",
                        false),
                };
            });

    private static string Sums(string trailers) =>
        string.Join(',', trailers.Split("\r\n").Where(static t => t.StartsWith("A: ", StringComparison.Ordinal)).Select(static t => t[3..]));
}
