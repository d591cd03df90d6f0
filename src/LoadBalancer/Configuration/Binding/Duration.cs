using System.Globalization;
using System.Text.RegularExpressions;

namespace LoadBalancer.Configuration.Binding;

/// <summary>Durations as lb.json writes them: "250ms", "5s", "2m", "1h30m".</summary>
public static partial class Duration
{
    /// <summary>Whole numbers with the units h, m, s and ms, from large to small, each at most once.</summary>
    public const string Pattern = "^(?=[0-9])([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$";

    /// <summary>Longer than this no timer can wait; nobody means it either.</summary>
    public static TimeSpan Max { get; } = TimeSpan.FromHours(1000);

    /// <summary>True when <paramref name="text"/> is a duration of at most <see cref="Max"/>.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var match = Form().Match(text);
        // "$" alone would let a final line feed through.
        if (!match.Success || match.Length != text.Length)
        {
            return false;
        }
        double[] milliseconds = [3_600_000, 60_000, 1_000, 1];
        var total = 0d;
        for (var unit = 0; unit < milliseconds.Length; unit++)
        {
            var group = match.Groups[unit + 1].ValueSpan.TrimEnd("hms");
            total += group.IsEmpty ? 0 : double.Parse(group, CultureInfo.InvariantCulture) * milliseconds[unit];
        }
        if (total > Max.TotalMilliseconds)
        {
            return false;
        }
        value = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The shortest way to write <paramref name="value"/>: "1h30m", "0s".</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }
        string Part(int number, string unit) => number == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
        return Part((int)value.TotalHours, "h") + Part(value.Minutes, "m") + Part(value.Seconds, "s") + Part(value.Milliseconds, "ms");
    }

    [GeneratedRegex(Pattern)]
    private static partial Regex Form();
}
