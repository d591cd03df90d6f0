using System.Collections.Concurrent;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Tests;

/// <summary>Keeps everything that a source reports.</summary>
internal sealed class RecordingFeed : ISourceFeed
{
    private readonly ConcurrentQueue<(string Service, Observation Observation)> _observations = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _completions;

    public IReadOnlyCollection<string> Failures => _failures;

    public int Completions => Volatile.Read(ref _completions);

    public void Observe(string service, Observation observation) => _observations.Enqueue((service, observation));

    public void Fail(string error) => _failures.Enqueue(error);

    public void Complete() => Interlocked.Increment(ref _completions);

    public long DemandFor(string service) => 0;

    public IReadOnlyList<Observation> Of(string service) =>
        [.. _observations.Where(entry => entry.Service == service).Select(entry => entry.Observation)];

    public Observation? LastOf(string service) => Of(service) is [.., var last] ? last : null;

    /// <summary>The addresses of the last observation, "a:1 b:2"; "" for none, null while there is no observation or an error.</summary>
    public string? AddressesOf(string service) =>
        LastOf(service) is Observation.Seen seen ? string.Join(' ', seen.Endpoints.Select(endpoint => endpoint.Address)) : null;
}
