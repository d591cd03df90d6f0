using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.Checks;

/// <summary>A check that the agent runs: its definition, what it last said, and what keeps it going. Changed only under the agent's lock.</summary>
internal sealed class LocalCheck(CheckDefinition definition) : IDisposable
{
    public CheckDefinition Definition { get; } = definition;

    public CheckStatus Status { get; set; } = definition.InitialStatus;

    /// <summary>The newest output; the catalog's may be older, see <see cref="LocalAgent"/>.</summary>
    public string Output { get; set; } = "";

    /// <summary>When <see cref="Output"/> last went to the catalog.</summary>
    public long SyncedAt { get; set; }

    public StatusThreshold Threshold { get; } = new(definition.SuccessBeforePassing, definition.FailuresBeforeCritical);

    /// <summary>Runs the check; null for those that are told.</summary>
    public ProbeLoop? Loop { get; set; }

    /// <summary>Runs out when nobody told a TTL check in time.</summary>
    public Countdown? Ttl { get; set; }

    /// <summary>Runs out when the service is to be deregistered; runs only while the check is critical.</summary>
    public Countdown? Reap { get; set; }

    public void Dispose()
    {
        Loop?.Dispose();
        Ttl?.Stop();
        Reap?.Stop();
    }
}
