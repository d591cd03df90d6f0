namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>An endpoint as /api/services shows it.</summary>
internal sealed record LbEndpoint(string Id, string Address, string State, string? Reason, int Weight, int Priority, int InFlight, long Total, long Failures, IReadOnlyList<string> Tags, string Datacenter)
{
    public bool IsAvailable => State is "available" or "warning";

    public bool IsHeld => Reason?.Contains("held", StringComparison.Ordinal) == true;
}
