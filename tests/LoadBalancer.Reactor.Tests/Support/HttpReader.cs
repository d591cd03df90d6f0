using System.Globalization;
using System.Text;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>
/// Reads answers as a careful client does, with a parser of its own: what it calls whole is whole by the letter of RFC 9112.
/// </summary>
internal static class HttpReader
{
    /// <param name="Status">The status code.</param>
    /// <param name="Head">The head with its line ends.</param>
    /// <param name="Body">The content.</param>
    /// <param name="Closes">True when no other answer may follow.</param>
    public sealed record Answer(int Status, string Head, string Body, bool Closes)
    {
        public bool IsOfBackend => Head.Contains($"\r\n{RecordingBackend.Mark}: 1\r\n", StringComparison.Ordinal);

        public bool IsOfBalancer => Head.Contains("\r\nX-Lb-Reason: ", StringComparison.Ordinal);
    }

    /// <summary>The next final answer; null when the connection ends cleanly before it.</summary>
    /// <exception cref="IOException">The connection was reset.</exception>
    /// <exception cref="EndOfStreamException">The answer is cut.</exception>
    /// <exception cref="InvalidDataException">It is not well-formed.</exception>
    public static async Task<Answer?> ReadAsync(Stream stream, bool isHead)
    {
        while (true)
        {
            if (await HeadAsync(stream) is not { } head)
            {
                return null;
            }
            var lines = head.Split("\r\n");
            Require(lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && lines[0].Length >= 13 && lines[0][12] == ' ', lines[0]);
            var status = int.Parse(lines[0][9..12], NumberStyles.None, CultureInfo.InvariantCulture);
            var fields = lines[1..^2].Select(static line =>
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                Require(colon > 0 && !line.AsSpan().ContainsAny('\r', '\n', '\0') && line[..colon].All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)), line);
                return (Name: line[..colon].ToLowerInvariant(), Value: line[(colon + 2)..]);
            }).ToList();
            string[] lengths = [.. fields.Where(static f => f.Name == "content-length").Select(static f => f.Value)];
            string[] codings = [.. fields.Where(static f => f.Name == "transfer-encoding").Select(static f => f.Value)];
            Require(lengths.Length + codings.Length <= 1 && codings.All(static c => c == "chunked") && lengths.All(static l => l.Length > 0 && l.All(char.IsAsciiDigit)), head);
            var closes = fields.Any(static f => f.Name == "connection" && f.Value == "close");
            if (status is < 200 or 204)
            {
                Require(lengths.Length + codings.Length == 0, head);
            }
            if (status < 200)
            {
                continue;
            }
            var body = isHead || status is 204 or 304 ? ""
                : codings.Length > 0 ? await ChunksAsync(stream)
                : lengths.Length > 0 ? await BytesAsync(stream, int.Parse(lengths[0], CultureInfo.InvariantCulture))
                : await RestAsync(stream, closes);
            return new Answer(status, head, body, closes);
        }
    }

    private static async Task<string?> HeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        while (!(head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r'))
        {
            if (await ByteAsync(stream) is not { } next)
            {
                return head.Length == 0 ? null : throw new EndOfStreamException(head.ToString());
            }
            head.Append(next);
        }
        return head.ToString();
    }

    private static async Task<string> LineAsync(Stream stream)
    {
        var line = new StringBuilder();
        while (!(line.Length >= 2 && line[^1] == '\n' && line[^2] == '\r'))
        {
            line.Append(await ByteAsync(stream) ?? throw new EndOfStreamException());
        }
        return line.ToString(0, line.Length - 2);
    }

    private static async Task<string> ChunksAsync(Stream stream)
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = await LineAsync(stream);
            Require(line.Length > 0 && line.All(char.IsAsciiHexDigit), line);
            var size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                break;
            }
            body.Append(await BytesAsync(stream, size));
            Require(await LineAsync(stream) == "", "the end of a chunk");
        }
        while (await LineAsync(stream) is { Length: > 0 } trailer)
        {
            Require(trailer.IndexOf(": ", StringComparison.Ordinal) > 0, trailer);
        }
        return body.ToString();
    }

    private static async Task<string> RestAsync(Stream stream, bool closes)
    {
        Require(closes, "an answer without a length must announce the end of the connection");
        var body = new StringBuilder();
        while (await ByteAsync(stream) is { } next)
        {
            body.Append(next);
        }
        return body.ToString();
    }

    private static async Task<string> BytesAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private static async Task<char?> ByteAsync(Stream stream)
    {
        var one = new byte[1];
        return await stream.ReadAsync(one) == 0 ? null : (char)one[0];
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidDataException(what);
        }
    }
}
