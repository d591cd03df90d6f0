using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LoadBalancer.Core.Health;

/// <summary>Status codes of HTTP (RFC 9110 section 15), written "503", "5xx" or "502-504".</summary>
/// <param name="First">The lowest, from 100.</param>
/// <param name="Last">The highest, to 599.</param>
public readonly record struct StatusRange(int First, int Last) : IParsable<StatusRange>
{
    /// <summary>True for a status from first to last.</summary>
    public bool Contains(int status) => status >= First && status <= Last;

    /// <exception cref="FormatException">It is no status and no range of them.</exception>
    public static StatusRange Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out var range)
        ? range
        : throw new FormatException($"\"{s}\" is no status from 100 to 599; write \"503\", \"5xx\" or \"502-504\"");

    /// <summary>False when it is no status and no range of them.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StatusRange result)
    {
        result = default;
        var text = s.AsSpan();
        if (text.Length == 3 && text[1..].Equals("xx", StringComparison.OrdinalIgnoreCase) && text[0] is >= '1' and <= '5')
        {
            result = new StatusRange((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99);
            return true;
        }
        var dash = text.IndexOf('-');
        if (!TryParseOne(dash < 0 ? text : text[..dash], out var first) || !TryParseOne(dash < 0 ? text : text[(dash + 1)..], out var last) || first > last)
        {
            return false;
        }
        result = new StatusRange(first, last);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture)
        : First % 100 == 0 && Last == First + 99 ? $"{First / 100}xx"
        : $"{First}-{Last}";

    private static bool TryParseOne(ReadOnlySpan<char> text, out int status) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status) && text.Length == 3 && status is >= 100 and <= 599;
}
