using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.Checks;

/// <summary>A check as registered with the agent; complete and valid.</summary>
internal sealed record CheckDefinition
{
    /// <summary>Empty until the agent gives it one.</summary>
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string Notes { get; init; } = "";

    /// <summary>The service instance that it speaks of; empty for the node.</summary>
    public string ServiceId { get; init; } = "";

    public required CheckKind Kind { get; init; }

    public HttpCheckOptions? Http { get; init; }

    public (string Host, int Port)? Tcp { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];

    public TimeSpan Interval { get; init; }

    public TimeSpan Timeout { get; init; }

    public TimeSpan Ttl { get; init; }

    public CheckStatus InitialStatus { get; init; } = CheckStatus.Critical;

    public int SuccessBeforePassing { get; init; }

    public int FailuresBeforeCritical { get; init; }

    /// <summary>How long it may be critical before its service is deregistered; zero for ever.</summary>
    public TimeSpan DeregisterCriticalServiceAfter { get; init; }

    /// <summary>Consul's word for the kind.</summary>
    public string Type => Kind switch
    {
        CheckKind.Ttl => "ttl",
        CheckKind.Http => "http",
        CheckKind.Tcp => "tcp",
        CheckKind.Script => "script",
        _ => "maintenance",
    };
}
