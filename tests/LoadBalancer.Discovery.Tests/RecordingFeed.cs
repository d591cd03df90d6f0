using System.Collections.Concurrent;
using System.Diagnostics;
using LoadBalancer.Core.Model;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests;

/// <summary>Keeps what a source reports, and notices two observations of one service at the same time.</summary>
internal sealed class RecordingFeed : ISourceFeed
{
    private readonly ConcurrentDictionary<string, ServiceLog> _services = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _completions;

    public IReadOnlyCollection<string> Failures => _failures;

    public ConcurrentDictionary<string, long> Demand { get; } = new();

    public int Completions => Volatile.Read(ref _completions);

    public ICollection<string> Services => _services.Keys;

    public bool Overlapped => _services.Values.Any(log => log.Overlapped);

    public void Observe(string service, Observation observation) => _services.GetOrAdd(service, _ => new()).Add(observation);

    public void Fail(string error) => _failures.Enqueue(error);

    public void Complete() => Interlocked.Increment(ref _completions);

    public long DemandFor(string service) => Demand.GetValueOrDefault(service);

    public IReadOnlyList<(Observation Observation, long At)> Log(string service) => _services.TryGetValue(service, out var log) ? log.All : [];

    /// <summary>The last time that it was seen, or null.</summary>
    public Observation.Seen? Seen(string service) => Log(service).Select(entry => entry.Observation).OfType<Observation.Seen>().LastOrDefault();

    public IReadOnlyList<Observation> Of(string service) => [.. Log(service).Select(entry => entry.Observation)];

    public Observation? LastOf(string service) => Log(service) is [.., var last] ? last.Observation : null;

    /// <summary>The addresses of the last observation, "a:1 b:2"; "" for none, null while there is no observation or an error.</summary>
    public string? AddressesOf(string service) =>
        LastOf(service) is Observation.Seen seen ? string.Join(' ', seen.Endpoints.Select(endpoint => endpoint.Address)) : null;

    public ObservedEndpoint? Endpoint(string service, string id) => Seen(service)?.Endpoints.SingleOrDefault(endpoint => endpoint.Id.ServiceId == id);

    public Task UntilAsync(string service, Func<Observation.Seen, bool> condition, string what, TimeSpan? within = null) =>
        Eventually.True(() => Seen(service) is { } seen && condition(seen), $"{service}: {what}", within);

    public Task UntilEndpointAsync(string service, string id, Func<ObservedEndpoint, bool> condition, string what) =>
        Eventually.True(() => Endpoint(service, id) is { } endpoint && condition(endpoint), $"{service}/{id}: {what}");

    private sealed class ServiceLog
    {
        private readonly List<(Observation, long)> _all = [];
        private int _inside;

        public bool Overlapped { get; private set; }

        public IReadOnlyList<(Observation, long)> All
        {
            get
            {
                lock (_all)
                {
                    return [.. _all];
                }
            }
        }

        public void Add(Observation observation)
        {
            Overlapped |= Interlocked.Increment(ref _inside) > 1;
            lock (_all)
            {
                _all.Add((observation, Stopwatch.GetTimestamp()));
            }
            Interlocked.Decrement(ref _inside);
        }
    }
}
