using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Active;

/// <summary>
/// The verdicts of the balancer's own checks on the endpoints of one service. Not thread safe; the service's writer locks.
/// </summary>
/// <param name="create">Makes the check of an endpoint of a service by its policy, which asks for one.</param>
/// <param name="gate">Bounds the checks under way.</param>
/// <param name="time">The clock.</param>
/// <param name="random">The spread of the checks.</param>
/// <param name="report">Told, on any thread and not under the lock, when a verdict changes or its reason is first known; leads to <see cref="Take"/>.</param>
internal sealed class ActiveHealth(
    Func<ServicePolicy, Endpoint, TimeProvider, IHealthCheck> create, CheckGate gate, TimeProvider time, RandomSource random, Action<EndpointMonitor, string?> report)
{
    private readonly Dictionary<Endpoint, EndpointMonitor> _monitors = [];
    private ServicePolicy _policy = ServicePolicy.Default;

    private ActiveCheckOptions? Options => _policy.Check;

    /// <summary>A snapshot is about to be made by this policy. When it changes the checks, they start anew; the verdicts stay until they differ.</summary>
    public void Use(ServicePolicy policy)
    {
        var isSame = policy.Check is null
            ? Options is null
            : Options?.Says(policy.Check) == true && (_policy.Protocol, _policy.SendProxyProtocol) == (policy.Protocol, policy.SendProxyProtocol);
        _policy = policy;
        if (isSame)
        {
            return;
        }
        foreach (var (endpoint, monitor) in _monitors.ToArray())
        {
            Forget(endpoint);
            if (Options is not null)
            {
                Start(endpoint, new RiseFall(Options.Rise, Options.Fall, monitor.Failure is null), monitor.Failure);
            }
        }
    }

    /// <summary>Why the endpoint is out, or null. It is checked from now on, if the policy says so.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="isNew">It is in no snapshot yet: one that already serves is not taken out because checks are turned on.</param>
    public string? FailureOf(Endpoint endpoint, bool isNew)
    {
        if (Options is null)
        {
            return null;
        }
        if (!_monitors.TryGetValue(endpoint, out var monitor))
        {
            monitor = Options.Initial == InitialVerdict.Up || !isNew
                ? Start(endpoint, new RiseFall(Options.Rise, Options.Fall, isUp: true), null)
                // The first success suffices, unless a failure comes before it.
                : Start(endpoint, new RiseFall(Options.Rise, Options.Fall, isUp: false, against: Options.Rise - 1), "not checked yet");
        }
        return monitor.Failure;
    }

    /// <summary>The endpoint is no longer in the snapshot that is being made.</summary>
    public void Forget(Endpoint endpoint)
    {
        if (_monitors.Remove(endpoint, out var monitor))
        {
            monitor.Dispose();
            endpoint.LastCheck = null;
        }
    }

    /// <summary>Takes a report; false when the check was stopped in the meantime.</summary>
    public bool Take(EndpointMonitor monitor, string? failure)
    {
        if (!_monitors.TryGetValue(monitor.Endpoint, out var current) || current != monitor)
        {
            return false;
        }
        monitor.Failure = failure;
        return true;
    }

    /// <summary>Ends all checks.</summary>
    public void Stop()
    {
        foreach (var (_, monitor) in _monitors)
        {
            monitor.Dispose();
        }
        _monitors.Clear();
    }

    private EndpointMonitor Start(Endpoint endpoint, RiseFall verdict, string? failure) =>
        _monitors[endpoint] = new EndpointMonitor(endpoint, CreatorOf(_policy, endpoint), Options!, verdict, failure, gate, time, random, report);

    // Holds what is in force now.
    private Func<IHealthCheck> CreatorOf(ServicePolicy policy, Endpoint endpoint) => () => create(policy, endpoint, time);
}
