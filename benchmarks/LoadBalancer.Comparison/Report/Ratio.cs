namespace LoadBalancer.Comparison.Report;

/// <summary>How a figure stands to the yardsticks'.</summary>
public static class Ratio
{
    /// <summary>
    /// <paramref name="value"/> over the better one of <paramref name="yardsticks"/>; null when either is missing or
    /// not a finite number.
    /// </summary>
    public static double? ToBetter(double? value, IEnumerable<double> yardsticks, bool moreIsBetter)
    {
        double[] finite = [.. yardsticks.Where(yardstick => double.IsFinite(yardstick) && yardstick > 0)];
        return value is { } v && double.IsFinite(v) && finite.Length > 0
            ? v / (moreIsBetter ? finite.Max() : finite.Min())
            : null;
    }
}
