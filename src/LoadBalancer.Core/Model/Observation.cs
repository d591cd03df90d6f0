using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>
/// What a source says of one service at one moment: its endpoints (<see cref="Seen"/>) or that it could not be asked
/// (<see cref="Failed"/>). An error is never an empty list: it keeps the last good observation.
/// </summary>
public abstract record Observation
{
    private Observation()
    {
    }

    /// <summary>The source answered; an empty array means that the service has no endpoints.</summary>
    /// <param name="Endpoints">All endpoints in whatever state, each identity once.</param>
    public sealed record Seen(ImmutableArray<ObservedEndpoint> Endpoints) : Observation
    {
        /// <summary>
        /// Why the source may be confused ("the index went backwards", "no known leader"), or null. Endpoints that a
        /// doubtful observation lacks are held for a while instead of dropped.
        /// </summary>
        public string? Doubt { get; init; }
    }

    /// <summary>The source could not be asked, or what it said cannot be understood.</summary>
    /// <param name="Error">What went wrong, for people.</param>
    public sealed record Failed(string Error) : Observation;
}
