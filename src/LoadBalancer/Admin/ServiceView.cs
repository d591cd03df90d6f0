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

    /// <summary>The last error of the source, or null.</summary>
    public required string? SourceError { get; init; }

    public required string Balance { get; init; }

    /// <summary>Requests and connections that asked for the service.</summary>
    public required long Requests { get; init; }

    public required IReadOnlyList<EndpointView> Endpoints { get; init; }

    public static ServiceView Of(Service service, DateTimeOffset now)
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
            SourceError = snapshot.SourceError,
            Balance = CamelCase(snapshot.Policy.Balance.ToString()),
            Requests = service.Requests,
            Endpoints = [.. snapshot.Endpoints.Select(EndpointView.Of)],
        };
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
