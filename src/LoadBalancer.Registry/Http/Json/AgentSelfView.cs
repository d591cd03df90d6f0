using System.Text.Json.Serialization;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>The part of /v1/agent/self that tools read.</summary>
internal sealed record AgentSelfView(AgentSelfView.ConfigView Config, AgentSelfView.MemberView Member)
{
    internal sealed record ConfigView(
        string Datacenter,
        string NodeName,
        [property: JsonPropertyName("NodeID")] string NodeId,
        bool Server,
        string Revision,
        string Version);

    internal sealed record MemberView(string Name, string Addr, int Port, int Status);
}
