using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Writes down what the catalog announces, one line each.</summary>
internal sealed class RecordingObserver : ICatalogObserver
{
    private readonly List<string> _lines = [];

    /// <summary>The lines since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_lines)
        {
            string[] taken = [.. _lines];
            _lines.Clear();
            return taken;
        }
    }

    public void EndpointChanged(EndpointChange change)
    {
        // The snapshot is published before the change is announced.
        Assert.Equal(change.After is not null, change.Endpoint.Service.Snapshot.Endpoints.Any(state => state == change.After));
        var what = (change.Before, change.After) switch
        {
            (null, _) => "+",
            (_, null) => "-",
            _ => "~",
        };
        Add($"{change.Service} {what} {change.Endpoint.Id}{(change.After?.Reason is { } reason ? $" ({reason})" : "")}");
    }

    public void PanicChanged(string service, bool isInPanic) => Add($"{service} {(isInPanic ? "panics" : "is calm")}");

    public void SourceChanged(string source, string service, string? error) => Add($"{source} {service}: {error ?? "ok"}");

    public void SourceChanged(string source, string? error) => Add($"{source}: {error ?? "ok"}");

    public void SourcesConflict(string service, string chosen, string ignored) => Add($"{service} from {chosen}, not {ignored}");

    public void PolicyChanged(string service, DecidedPolicy before, DecidedPolicy after) =>
        Add($"{service} policy from {after.From?.ServiceId ?? "configuration"}{string.Concat(after.Problems.Select(static problem => "; " + problem))}");

    public void FallbackChanged(string service, ServiceSnapshot snapshot) => Add($"{service} {(snapshot.FallsBack ? "falls back" : "is back")}");

    public void ServiceForgotten(string service) => Add($"{service} forgotten");

    private void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
