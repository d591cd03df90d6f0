namespace LoadBalancer.Comparison.Measure;

/// <summary>The rounds of one proxy in one section.</summary>
public sealed record ProxySamples(string Proxy, bool IsYardstick, IReadOnlyList<Sample> Rounds)
{
    /// <summary>The spread of one figure; null when no round has it.</summary>
    public Spread? Spread(Func<Sample, double?> figure) => Measure.Spread.Of(Rounds.Select(figure).OfType<double>());
}
