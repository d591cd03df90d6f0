using System.Globalization;
using System.Text.RegularExpressions;

namespace LoadBalancer.Comparison.Load;

/// <summary>Reads what <c>wrk --latency</c> prints.</summary>
public static partial class WrkOutput
{
    /// <summary>Throws <see cref="FormatException"/> with the whole output when it is not a finished run's.</summary>
    public static LoadResult Parse(string output)
    {
        var total = Total().Match(output);
        if (!total.Success)
        {
            throw new FormatException("wrk did not finish a run; it said:\n" + output);
        }
        var wrongStatus = Number(WrongStatus().Match(output).Groups[1]);
        var socketErrors = SocketErrors().Match(output).Groups.Values.Skip(1).Sum(Number);
        return new LoadResult(
            Number(total.Groups[1]) - wrongStatus,
            0,
            Milliseconds(total.Groups[2].Value) / 1000,
            Percentile(output, "50%"),
            Percentile(output, "99%"),
            wrongStatus + socketErrors);
    }

    private static long Number(Group group) => group.Success ? long.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    private static double? Percentile(string output, string name)
    {
        var match = Percentiles().Matches(output).FirstOrDefault(candidate => candidate.Groups[1].Value == name);
        return match is null ? null : Milliseconds(match.Groups[2].Value);
    }

    private static double Milliseconds(string text)
    {
        var unit = text.TrimStart("0123456789.".ToCharArray());
        var value = double.Parse(text[..^unit.Length], CultureInfo.InvariantCulture);
        return unit switch
        {
            "us" => value / 1000,
            "ms" => value,
            "s" => value * 1000,
            "m" => value * 60_000,
            "h" => value * 3_600_000,
            _ => throw new FormatException($"wrk's time '{text}' has an unknown unit"),
        };
    }

    [GeneratedRegex(@"(\d+) requests in ([\d.]+\w+)")]
    private static partial Regex Total();

    [GeneratedRegex(@"^\s+(\d+%)\s+([\d.]+\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Percentiles();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex WrongStatus();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();
}
