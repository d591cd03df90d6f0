using System.Globalization;

namespace LoadBalancer.Soak.Messages;

/// <summary>The head of a message.</summary>
/// <param name="Text">All of it, without the empty line.</param>
internal sealed record Head(string Text)
{
    /// <summary>The request's method or the answer's version.</summary>
    public string First => Words[0];

    /// <summary>The request's target or the answer's status.</summary>
    public string Second => Words[1];

    public int Status => int.TryParse(Second, CultureInfo.InvariantCulture, out var status) ? status : throw new MismatchException($"an answer begins with '{Text}'");

    /// <summary>The value of a field, or null.</summary>
    public string? Field(string name)
    {
        var at = Text.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }
        var from = at + name.Length + 3;
        var to = Text.IndexOf('\r', from);
        return Text[from..(to < 0 ? Text.Length : to)].Trim();
    }

    /// <summary>Where its body ends, the method left out of account.</summary>
    /// <param name="length">The length that is named, else 0.</param>
    public Framing FramingOf(out long length)
    {
        length = 0;
        if (Field("Transfer-Encoding") is { } coding)
        {
            return coding == "chunked" ? Framing.Chunked : throw new MismatchException($"a transfer coding '{coding}'");
        }
        if (Field("Content-Length") is { } text)
        {
            length = long.Parse(text, CultureInfo.InvariantCulture);
            return Framing.Length;
        }
        return Framing.UntilClose;
    }

    /// <summary>Whether the sender goes on with the connection.</summary>
    public bool KeepsAlive => Field("Connection")?.Contains("close", StringComparison.OrdinalIgnoreCase) != true;

    private string[] Words { get; } = Text[..(Text.IndexOf('\r') is >= 0 and var end ? end : Text.Length)].Split(' ') is { Length: >= 2 } words ? words : throw new MismatchException($"a message begins with '{Text}'");
}
