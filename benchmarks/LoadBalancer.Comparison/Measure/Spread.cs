namespace LoadBalancer.Comparison.Measure;

/// <summary>The median of several rounds and the range that they cover.</summary>
public readonly record struct Spread(double Median, double Minimum, double Maximum)
{
    /// <summary>Null of no values.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return null;
        }
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
