using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>The element of /v1/agent/health/service: one instance's overall state with what it follows from.</summary>
internal sealed record AgentHealthView(string AggregatedStatus, AgentServiceView? Service, IReadOnlyList<CheckRow>? Checks);
