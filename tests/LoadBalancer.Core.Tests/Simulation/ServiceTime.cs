namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>How long an endpoint works on a request.</summary>
/// <param name="Next">Draws the next time.</param>
internal sealed record ServiceTime(Func<Random, TimeSpan> Next)
{
    /// <summary>Always the same.</summary>
    public static ServiceTime Constant(TimeSpan time) => new(_ => time);

    /// <summary>Log-normal, as answers of real services are: most near the median, some far above.</summary>
    /// <param name="median">Half are faster.</param>
    /// <param name="sigma">Standard deviation of the logarithm: with 0.5 the 99th percentile is 3.2 times the median.</param>
    public static ServiceTime LogNormal(TimeSpan median, double sigma = 0.5) => new(random =>
    {
        // Box-Muller.
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return median * Math.Exp(sigma * normal);
    });
}
