using LoadBalancer.Core.Model;

namespace LoadBalancer.Admin;

/// <summary>A service as /api/services shows it.</summary>
internal sealed record ServiceView
{
    public required string Name { get; init; }

    /// <summary>The source in force.</summary>
    public required string Source { get; init; }

    public required int Available { get; init; }

    /// <summary>Seconds since the source last confirmed what is shown; null before it ever did.</summary>
    public required double? AgeSeconds { get; init; }

    /// <summary>True while the endpoints come from the state file or a former configuration.</summary>
    public required bool Stale { get; init; }

    /// <summary>What kept the source from speaking of the service, or null.</summary>
    public required string? SourceError { get; init; }

    public required string Balance { get; init; }

    /// <summary>Requests and connections that asked for the service.</summary>
    public required long Requests { get; init; }

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
            AgeSeconds = confirmed == default ? null : Math.Round((now - confirmed).TotalSeconds, 3),
            Stale = snapshot.IsStale,
            // A source that has said nothing yet has no error for the service, but perhaps one as a whole.
            SourceError = snapshot.SourceError ?? (snapshot.IsStale ? catalog.ErrorOf(snapshot.Source) : null),
            Balance = CamelCase(snapshot.Policy.Balance.ToString()),
            Requests = service.Requests,
            Endpoints = EndpointView.AllOf(snapshot),
        };
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
