using System.Text;

namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>Makes text from outside fit for a log line or a status page.</summary>
internal static class PlainText
{
    private const int Longest = 200;

    /// <summary>The first line that is not blank, without control characters, at most 200 characters.</summary>
    public static string FirstLine(string? text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var clean = Clean(line);
            if (clean.Length > 0)
            {
                return clean;
            }
        }
        return "";
    }

    /// <summary>At most 200 characters; the last one tells of a cut.</summary>
    public static string Shorten(string text)
    {
        if (text.Length <= Longest)
        {
            return text;
        }
        // A surrogate pair is not cut in half.
        var end = char.IsHighSurrogate(text[Longest - 2]) ? Longest - 2 : Longest - 1;
        return string.Concat(text.AsSpan(0, end), "…");
    }

    private static string Clean(ReadOnlySpan<char> line)
    {
        var clean = new StringBuilder();
        foreach (var rune in line.EnumerateRunes())
        {
            if (!Rune.IsControl(rune))
            {
                clean.Append(rune);
            }
            if (clean.Length > Longest)
            {
                break;
            }
        }
        return Shorten(clean.ToString().Trim());
    }
}
