using LoadBalancer.Core.Model;
using Dispatching = LoadBalancer.Core.Dispatching;

namespace LoadBalancer.Admin;

/// <summary>A service as /api/services shows it.</summary>
internal sealed record ServiceView
{
    public required string Name { get; init; }

    /// <summary>The source in force.</summary>
    public required string Source { get; init; }

    public required int Available { get; init; }

    /// <summary>True when too few endpoints are available.</summary>
    public required bool Panic { get; init; }

    /// <summary>Seconds since the source last confirmed what is shown; null before it ever did.</summary>
    public required double? AgeSeconds { get; init; }

    /// <summary>True while the endpoints come from the state file or a former configuration.</summary>
    public required bool Stale { get; init; }

    /// <summary>What kept the source from speaking of the service, or null.</summary>
    public required string? SourceError { get; init; }

    public required string Balance { get; init; }

    /// <summary>"node/service-id" of the registration whose meta is part of the policy; null when it is from lb.json alone.</summary>
    public required string? PolicyFrom { get; init; }

    /// <summary>What of the registrations' meta is not in force, and why.</summary>
    public required IReadOnlyList<string> PolicyProblems { get; init; }

    /// <summary>Requests and connections that asked for the service.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests and connections that wait for an endpoint with room; null where endpoints have no limit.</summary>
    public required int? Waiting { get; init; }

    /// <summary>What may keep requests from it; null when nothing of it is turned on.</summary>
    public required GuardView? Guard { get; init; }

    /// <summary>The services that take its requests when too little of it is available, in order.</summary>
    public required IReadOnlyList<string> Fallbacks { get; init; }

    /// <summary>Who takes its requests now; null when the service does.</summary>
    public required string? Fallback { get; init; }

    /// <summary>Copies of other requests that it answered.</summary>
    public required long Mirrored { get; init; }

    /// <summary>Copies of other requests that were to go to it and did not, or got no answer.</summary>
    public required long MirrorsDropped { get; init; }

    public required IReadOnlyList<EndpointView> Endpoints { get; init; }

    public static ServiceView Of(Service service, Catalog catalog, DateTimeOffset now)
    {
        var snapshot = service.Snapshot;
        var confirmed = service.ConfirmedAt;
        return new ServiceView
        {
            Name = service.Name,
            Source = snapshot.Source,
            Available = snapshot.AvailableCount,
            Panic = snapshot.IsInPanic,
            AgeSeconds = confirmed == default ? null : Math.Round((now - confirmed).TotalSeconds, 3),
            Stale = snapshot.IsStale,
            // A source that has said nothing yet has no error for the service, but perhaps one as a whole.
            SourceError = snapshot.SourceError ?? (snapshot.IsStale ? catalog.ErrorOf(snapshot.Source) : null),
            Balance = CamelCase(snapshot.Policy.Balance.ToString()),
            PolicyFrom = snapshot.PolicyFrom?.ToString(),
            PolicyProblems = [.. snapshot.PolicyProblems.Select(static problem => problem.ToString())],
            Requests = service.Requests,
            Waiting = service.EndpointQueue?.Waiting,
            Guard = GuardView.Of(service.Guard, service.RetryState?.Budget),
            Fallbacks = snapshot.Policy.Fallback?.Services ?? [],
            Fallback = FallbackOf(service, catalog),
            Mirrored = service.Mirrored.Sent,
            MirrorsDropped = service.Mirrored.Dropped,
            Endpoints = EndpointView.AllOf(snapshot),
        };
    }

    internal static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string? FallbackOf(Service service, Catalog catalog)
    {
        var tag = ReadOnlySpan<char>.Empty;
        return service.Snapshot.FallsBack && Dispatching.Fallbacks.Find(service, catalog, ref tag) is var other && other != service ? other.Name : null;
    }
}
