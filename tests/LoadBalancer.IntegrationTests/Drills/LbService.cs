namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>A service as /api/services shows it.</summary>
internal sealed record LbService(string Name, string Source, int Available, double? AgeSeconds, bool Stale, string? SourceError, long Requests, IReadOnlyList<LbEndpoint> Endpoints,
    string Balance = "", string? PolicyFrom = null, IReadOnlyList<string>? PolicyProblems = null)
{
    public static LbService Unknown { get; } = new("", "", 0, null, false, null, 0, []);

    /// <summary>The endpoint whose identity ends in this service id, or null.</summary>
    public LbEndpoint? Find(string id) => Endpoints.FirstOrDefault(endpoint => endpoint.Id.EndsWith("/" + id, StringComparison.Ordinal));
}
