using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.State;

/// <summary>A service instance with its node and the checks of both; the element of /v1/health/service.</summary>
internal sealed record ServiceHealth(NodeRow Node, ServiceRow Service, IReadOnlyList<CheckRow> Checks)
{
    /// <summary>The worst of the checks; passing when there is none.</summary>
    public CheckStatus Worst() => Checks.Count == 0 ? CheckStatus.Passing : Checks.Max(check => check.Status);
}
