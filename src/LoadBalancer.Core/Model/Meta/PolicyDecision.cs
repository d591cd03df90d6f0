using System.Collections.Immutable;

namespace LoadBalancer.Core.Model.Meta;

/// <summary>
/// Decides the policy of one service from the configuration and the meta of its registrations: the newest registration
/// whose settings can be read wins, also when it asks for nothing. Used under the writer's lock.
/// </summary>
/// <param name="service">The service's name.</param>
internal sealed class PolicyDecision(string service)
{
    /// <summary>Of a thousand registrations that all differ, people need to see a few.</summary>
    public const int MaxProblems = 16;

    private CatalogOptions? _options;
    private ImmutableArray<ObservedEndpoint> _current;
    private bool _withHeld;
    private DecidedPolicy? _last;
    private Dictionary<MetaSettings, MetaReading> _readings = [];

    /// <summary>
    /// The decision for these options and registrations. What was read before is not read again, so that equal settings
    /// stay the same policy object whoever registers them.
    /// </summary>
    public DecidedPolicy Next(CatalogOptions options, SourceInput? input)
    {
        var current = input?.Current ?? [];
        var withHeld = input?.HasHeld ?? false;
        // Most snapshots are made for a verdict on health: then there is nothing to decide.
        if (_last is null || !ReferenceEquals(_options, options) || _current != current || withHeld || _withHeld)
        {
            if (!ReferenceEquals(_options, options))
            {
                _readings.Clear();
            }
            _last = Decide(options, input);
            (_options, _current, _withHeld) = (options, current, withHeld);
        }
        return _last;
    }

    private DecidedPolicy Decide(CatalogOptions options, SourceInput? input)
    {
        var configured = options.PolicyFor(service);
        var groups = options.ReadMeta is null || input is null ? [] : Group(input);
        if (groups.Count == 0)
        {
            _readings.Clear();
            return new DecidedPolicy(configured, null, []);
        }
        var readings = new Dictionary<MetaSettings, MetaReading>();
        var problems = ImmutableArray.CreateBuilder<PolicyProblem>();
        ServicePolicy? policy = null;
        EndpointId? from = null;
        (EndpointId Newest, int Count)? notShown = null;
        foreach (var (settings, (newest, count)) in groups)
        {
            if (problems.Count >= MaxProblems)
            {
                notShown = (notShown?.Newest ?? newest, (notShown?.Count ?? 0) + count);
                if (policy is not null)
                {
                    continue;
                }
            }
            var reading = readings[settings] = settings.IsEmpty ? new MetaReading(configured, [])
                : _readings.TryGetValue(settings, out var known) ? known
                : options.ReadMeta!(service, settings);
            if (notShown is null)
            {
                problems.AddRange(reading.Problems.Select(problem => new PolicyProblem(newest, count - 1, problem)));
            }
            if (policy is null)
            {
                policy = reading.Policy;
                from = policy is null || settings.IsEmpty ? null : newest;
            }
            else if (reading.Policy is not null && reading.Policy != policy)
            {
                problems.Add(new PolicyProblem(newest, count - 1, $"asks for {settings}; a newer registration that asks for something else is in force"));
            }
        }
        if (notShown is { } rest)
        {
            problems.Add(new PolicyProblem(rest.Newest, rest.Count - 1, "not shown, there are too many problems"));
        }
        _readings = readings;
        return new DecidedPolicy(policy ?? configured, from, problems.DrainToImmutable());
    }

    /// <summary>The registrations by what they ask for, the newest first; empty when none asks for anything.</summary>
    private static OrderedDictionary<MetaSettings, (EndpointId Newest, int Count)> Group(SourceInput input)
    {
        var groups = new OrderedDictionary<MetaSettings, (EndpointId Newest, int Count)>();
        var all = input.Endpoints.Select(static pair => (pair.Endpoint, Settings: MetaSettings.Of(pair.Endpoint.Meta))).ToList();
        if (all.TrueForAll(static one => one.Settings.IsEmpty))
        {
            return groups;
        }
        // A stable sort: of those that are equally old (sources that know no age) the first by identity counts as newest.
        foreach (var (endpoint, settings) in all.OrderByDescending(static one => one.Endpoint.Registered))
        {
            groups[settings] = groups.TryGetValue(settings, out var group) ? (group.Newest, group.Count + 1) : (endpoint.Id, 1);
        }
        return groups;
    }
}
