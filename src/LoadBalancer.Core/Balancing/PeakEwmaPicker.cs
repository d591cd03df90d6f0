using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// Of two choices the one with the lower latency times what is in flight for its weight, plus one: the time that one more
/// request would take. See <see cref="LatencyAverage"/>.
/// </summary>
internal sealed class PeakEwmaPicker(WeightedSequence sequence, RandomSource random) : TwoChoicesPicker(sequence, random)
{
    /// <summary>
    /// What an endpoint that has never answered is taken for while a request to it is under way, in seconds: one request
    /// finds out about a new endpoint, not hundreds.
    /// </summary>
    private const float Unknown = 3600;

    private readonly double _meanWeight = sequence.Endpoints.Average(static state => (double)state.Share);

    protected override bool IsBetter(EndpointState second, EndpointState first)
    {
        // Null on a snapshot from before the algorithm was changed.
        if (first.Endpoint.Latency is not { } latency || second.Endpoint.Latency is not { } otherLatency)
        {
            return second.Endpoint.InFlight < first.Endpoint.InFlight;
        }
        var now = latency.Now;
        return Cost(second, otherLatency, now) < Cost(first, latency, now);
    }

    private double Cost(EndpointState state, LatencyAverage latency, uint now)
    {
        var inFlight = state.Endpoint.InFlight;
        var seconds = latency.SecondsAt(now);
        if (seconds == 0 && inFlight > 0)
        {
            seconds = Unknown;
        }
        // Only what is in flight is divided by the weight: of two that idle and are equally fast none is better, so that
        // the turns, which follow the weights, decide.
        return seconds * ((inFlight * _meanWeight / state.Share) + 1);
    }
}
