using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>HTTP statuses that stand side by side: "204", "200-399".</summary>
/// <param name="First">The lowest, from 100.</param>
/// <param name="Last">The highest, up to 599.</param>
public readonly record struct StatusRange(int First, int Last) : IParsable<StatusRange>
{
    /// <summary>True when the status is one of them.</summary>
    public bool Contains(int status) => status >= First && status <= Last;

    /// <summary>Reads one of the forms.</summary>
    /// <exception cref="FormatException">It is none of them; the message says what is wrong.</exception>
    public static StatusRange Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        var dash = s.IndexOf('-', StringComparison.Ordinal);
        var first = Status(dash < 0 ? s : s[..dash]);
        var last = dash < 0 ? first : Status(s[(dash + 1)..]);
        return first <= last ? new StatusRange(first, last) : throw new FormatException($"\"{s}\" goes backwards; write \"{last}-{first}\"");

        int Status(string text) => text.Length == 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599
            ? status
            : throw new FormatException($"\"{s}\" is not a status from 100 to 599; write \"204\" or \"200-399\"");
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StatusRange result)
    {
        result = default;
        try
        {
            if (s is not null)
            {
                result = Parse(s, provider);
            }
            return s is not null;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>As it stands in lb.json.</summary>
    public override string ToString() => First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
