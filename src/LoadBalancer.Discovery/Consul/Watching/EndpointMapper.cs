using System.Collections.Immutable;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Consul.Client;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Turns the instances of /v1/health/service into endpoints.</summary>
internal static class EndpointMapper
{
    private const string NodeMaintenance = "_node_maintenance";
    private const string ServiceMaintenance = "_service_maintenance:";

    /// <param name="entries">As Consul answered.</param>
    /// <param name="leftOut">Told of every instance that cannot be used, and why.</param>
    public static ImmutableArray<ObservedEndpoint> Map(HealthEntry[] entries, Action<EndpointId, string> leftOut)
    {
        var endpoints = ImmutableArray.CreateBuilder<ObservedEndpoint>(entries.Length);
        var ids = new HashSet<EndpointId>(entries.Length);
        foreach (var entry in entries)
        {
            var id = new EndpointId(entry.Node.Name, entry.Service.Id);
            var problem = Problem(entry) ?? (ids.Add(id) ? null : "Consul named it twice");
            if (problem is null)
            {
                endpoints.Add(Map(id, entry));
            }
            else
            {
                leftOut(id, problem);
            }
        }
        return endpoints.DrainToImmutable();
    }

    private static string? Problem(HealthEntry entry) =>
        entry.Service.Port is < 1 or > 65535 ? $"its port is {entry.Service.Port}"
        : Address(entry).Length == 0 ? "neither it nor its node has an address"
        : null;

    // Never the node's name: it need not resolve here.
    private static string Address(HealthEntry entry) =>
        entry.Service.Address is { Length: > 0 } address ? address : entry.Node.Address ?? "";

    private static ObservedEndpoint Map(EndpointId id, HealthEntry entry)
    {
        var checks = entry.Checks ?? [];
        var (state, reason) = Judge(checks);
        var untested = state == SourceState.Critical && Array.Exists(checks, HasNotRun) ? Judge([.. checks.Where(static check => !HasNotRun(check))]).State : state;
        return new()
        {
            Id = id,
            Host = Address(entry),
            Port = entry.Service.Port,
            Weight = Math.Max(0, entry.Service.Weights?.Passing ?? 1),
            WarningWeight = Math.Max(0, entry.Service.Weights?.Warning ?? 1),
            State = state,
            Untested = untested == state ? null : untested,
            Reason = reason,
            Tags = entry.Service.Tags is { Length: > 0 } tags ? [.. tags] : [],
            Meta = entry.Service.Meta is { Count: > 0 } meta
                ? meta.ToImmutableDictionary(pair => pair.Key, pair => pair.Value ?? "")
                : ImmutableDictionary<string, string>.Empty,
            Registered = entry.Service.ModifyIndex,
            Datacenter = entry.Node.Datacenter ?? "",
        };
    }

    /// <summary>The worst check decides, the first of the worst gives the reason. A node's checks count for all of its instances.</summary>
    private static (SourceState State, string? Reason) Judge(HealthCheck[] checks)
    {
        var worst = SourceState.Passing;
        HealthCheck? cause = null;
        foreach (var check in checks)
        {
            var state = StateOf(check);
            if (state > worst)
            {
                worst = state;
                cause = check;
            }
        }
        return (worst, cause is null ? null : Reason(cause, worst));
    }

    private static SourceState StateOf(HealthCheck check) => check.Status switch
    {
        "passing" => SourceState.Passing,
        "warning" => SourceState.Warning,
        _ when IsMaintenance(check) => SourceState.Drain,
        _ => SourceState.Critical,
    };

    /// <summary>A check that the agent runs starts as critical, and says something from its first run on.</summary>
    private static bool HasNotRun(HealthCheck check) =>
        check is { Status: "critical", Type: "http" or "tcp" or "udp" or "grpc" or "h2ping" } && string.IsNullOrEmpty(check.Output);

    private static bool IsMaintenance(HealthCheck check) =>
        check.CheckId == NodeMaintenance || check.CheckId.StartsWith(ServiceMaintenance, StringComparison.Ordinal);

    private static string Reason(HealthCheck check, SourceState state)
    {
        if (state == SourceState.Drain)
        {
            var why = PlainText.FirstLine(check.Notes);
            var what = check.CheckId == NodeMaintenance ? "node maintenance" : "maintenance";
            return PlainText.Shorten(why.Length == 0 ? what : $"{what}: {why}");
        }
        var name = PlainText.FirstLine(check.Name is { Length: > 0 } given ? given : check.CheckId);
        if (HasNotRun(check))
        {
            return PlainText.Shorten($"check '{name}' has not run yet");
        }
        var output = PlainText.FirstLine(check.Output);
        return PlainText.Shorten($"check '{name}' {PlainText.FirstLine(check.Status)}{(output.Length == 0 ? "" : ": " + output)}");
    }
}
