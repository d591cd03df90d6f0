using System.Text;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>An HTTP/1.1 message exactly as it was on the wire; text is Latin-1, so that every byte is one character.</summary>
/// <param name="StartLine">"GET / HTTP/1.1" or "HTTP/1.1 200 OK".</param>
/// <param name="Fields">The header fields in their order, values without surrounding blanks.</param>
/// <param name="Body">The content, without its chunk framing.</param>
/// <param name="Trailers">The fields after the last chunk.</param>
public sealed record HttpMessage(
    string StartLine,
    IReadOnlyList<KeyValuePair<string, string>> Fields,
    byte[] Body,
    IReadOnlyList<KeyValuePair<string, string>> Trailers)
{
    /// <summary>"GET" of a request.</summary>
    public string Method => StartLine.Split(' ')[0];

    /// <summary>The request target as written.</summary>
    public string Target => StartLine.Split(' ')[1];

    /// <summary>The status code of an answer.</summary>
    public int Status => int.Parse(StartLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The body as Latin-1 text.</summary>
    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>The only value of a field, or null; two lines of one field are an error of the test's subject.</summary>
    public string? Field(string name) => Values(name) switch
    {
        [] => null,
        [var one] => one,
        var several => throw new InvalidDataException($"{name} is there {several.Length} times: {string.Join(" | ", several)}"),
    };

    /// <summary>The values of all lines of a field.</summary>
    public string[] Values(string name) => [.. Fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Value)];
}
