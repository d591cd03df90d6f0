using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health;

/// <summary>Whether too few endpoints are available to trust the verdicts.</summary>
internal static class Panic
{
    /// <summary>True when none is available, or a smaller share than the policy's threshold.</summary>
    public static bool IsOn(ServicePolicy policy, IEnumerable<EndpointState> endpoints)
    {
        var (wanted, available) = (0L, 0L);
        foreach (var state in endpoints)
        {
            wanted += IsWanted(state) ? 1 : 0;
            available += state.IsAvailable ? 1 : 0;
        }
        return wanted > 0 && (available == 0 || available * 100 < wanted * policy.PanicThreshold);
    }

    /// <summary>True when the service refuses everybody in a panic, although somebody may be available.</summary>
    public static bool Refuses(ServicePolicy policy) => policy is { Panic: PanicAction.FailFast, PanicThreshold: > 0 };

    /// <summary>True for an endpoint that nobody took out on purpose: others are neither missed nor asked in a panic.</summary>
    public static bool IsWanted(EndpointState state) => (state.Unavailability & Unavailabilities.OnPurpose) == Unavailability.None;
}
