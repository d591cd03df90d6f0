using System.Globalization;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>Compares the success rates of a service's endpoints.</summary>
internal static class SuccessRate
{
    /// <summary>
    /// Those that are below the mean of the others by the margin and by so many standard deviations of the others, the worst
    /// first, each with the reason.
    /// </summary>
    /// <remarks>
    /// The others, not all: with itself among n endpoints, one that fails lies below the mean by the root of n - 1 deviations
    /// however often it fails, so that of three it never would by 1.9, and of five it would with a single error.
    /// </remarks>
    /// <param name="rates">Endpoints that had enough requests, with success rates from 0 to 1.</param>
    /// <param name="options">Who is an outlier.</param>
    public static List<(Endpoint Endpoint, string Reason)> Outliers(IReadOnlyList<(Endpoint Endpoint, double Rate)> rates, SuccessRateOptions options)
    {
        var outliers = new List<(Endpoint, double Rate, string Reason)>();
        if (rates.Count < options.MinimumEndpoints)
        {
            return [];
        }
        var sum = rates.Sum(static one => one.Rate);
        var squares = rates.Sum(static one => one.Rate * one.Rate);
        var others = rates.Count - 1;
        foreach (var (endpoint, rate) in rates)
        {
            var mean = (sum - rate) / others;
            var deviation = Math.Sqrt(Math.Max(0, ((squares - (rate * rate)) / others) - (mean * mean)));
            if (mean - rate > Math.Max(options.Margin / 100, options.Deviations * deviation))
            {
                outliers.Add((endpoint, rate, string.Create(CultureInfo.InvariantCulture, $"success rate {rate * 100:0.#} %, mean of the others {mean * 100:0.#} %")));
            }
        }
        return [.. outliers.OrderBy(static one => one.Rate).Select(static one => (one.Item1, one.Reason))];
    }
}
