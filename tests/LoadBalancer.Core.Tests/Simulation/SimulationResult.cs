using System.Globalization;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>What came out of a simulation.</summary>
internal sealed class SimulationResult
{
    private readonly TimeSpan[] _latencies;

    public SimulationResult(IEnumerable<TimeSpan> latencies, IReadOnlyDictionary<string, SimulatedEndpoint> endpoints, int unserved, int failed, int inFlight)
    {
        _latencies = [.. latencies.Order()];
        Endpoints = endpoints;
        Unserved = unserved;
        Failed = failed;
        InFlight = inFlight;
    }

    /// <summary>Requests that were answered.</summary>
    public int Served => _latencies.Length;

    /// <summary>Requests for which there was no endpoint.</summary>
    public int Unserved { get; }

    /// <summary>Requests that an endpoint failed.</summary>
    public int Failed { get; }

    /// <summary>Leases that never ended: must be 0.</summary>
    public int InFlight { get; }

    public IReadOnlyDictionary<string, SimulatedEndpoint> Endpoints { get; }

    /// <summary>The latency that so many of a hundred requests did not exceed.</summary>
    public TimeSpan Percentile(double percent) => _latencies[Math.Clamp((int)Math.Ceiling(_latencies.Length * percent / 100) - 1, 0, _latencies.Length - 1)];

    /// <summary>The part of the requests that the endpoint got.</summary>
    public double ShareOf(string id) => (double)Endpoints[id].Received / Endpoints.Values.Sum(static endpoint => endpoint.Received);

    /// <summary>One line with the latencies and one for the shares.</summary>
    public string Describe(string title)
    {
        string Milliseconds(double percent) => Percentile(percent).TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture);
        var shares = Endpoints.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {ShareOf(pair.Key):P1} (most {pair.Value.MostAtOnce})"));
        return $"{title}: {Served} served, {Failed} failed, {Unserved} without an endpoint; ms p50 {Milliseconds(50)} p90 {Milliseconds(90)} p99 {Milliseconds(99)} p99.9 {Milliseconds(99.9)} max {Milliseconds(100)}\n    {string.Join(", ", shares)}";
    }
}
