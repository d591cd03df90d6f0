using System.Buffers;
using System.Globalization;

namespace LoadBalancer.Registry.Http;

/// <summary>Durations as Consul writes them: <c>"10s"</c>, <c>"1m30s"</c>, <c>"250ms"</c>.</summary>
/// <remarks><see href="https://pkg.go.dev/time#ParseDuration"/></remarks>
internal static class GoDuration
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Ticks)[] s_units =
    [
        ("ns", 0.01), ("us", TimeSpan.TicksPerMicrosecond), ("µs", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var negative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
        {
            rest = rest[1..];
        }
        if (rest is "0")
        {
            return true;
        }
        if (rest.IsEmpty)
        {
            return false;
        }
        var ticks = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }
            rest = rest[digits..];
            var end = rest.IndexOfAny(s_digits);
            var unit = end < 0 ? rest : rest[..end];
            var found = -1;
            for (var i = 0; i < s_units.Length; i++)
            {
                found = unit.SequenceEqual(s_units[i].Unit) ? i : found;
            }
            if (found < 0)
            {
                return false;
            }
            ticks += number * s_units[found].Ticks;
            rest = rest[unit.Length..];
        }
        if (ticks > TimeSpan.MaxValue.Ticks / 2.0)
        {
            return false;
        }
        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }
}
