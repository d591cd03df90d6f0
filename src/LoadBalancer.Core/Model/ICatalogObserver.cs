using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Core.Model;

/// <summary>Told of every change, in order per service, under the writer's lock: must be quick and must not call back.</summary>
public interface ICatalogObserver
{
    /// <summary>An endpoint came, went or changed.</summary>
    void EndpointChanged(EndpointChange change);

    /// <summary>Too few of a service's endpoints are available (true), or enough again; after the endpoints' changes.</summary>
    void PanicChanged(string service, bool isInPanic);

    /// <summary>A source failed for a service (<paramref name="error"/>) or answers again (null).</summary>
    void SourceChanged(string source, string service, string? error);

    /// <summary>A source failed as a whole (<paramref name="error"/>) or answers again (null).</summary>
    void SourceChanged(string source, string? error);

    /// <summary>Several sources name the service; <paramref name="chosen"/> is in force.</summary>
    void SourcesConflict(string service, string chosen, string ignored);

    /// <summary>
    /// What the meta of a service's registrations does to its policy changed; not called when the same only has another
    /// registration's name on it.
    /// </summary>
    void PolicyChanged(string service, DecidedPolicy before, DecidedPolicy after);

    /// <summary>A service hands its requests to its fallbacks from now on, or no longer: <see cref="ServiceSnapshot.FallsBack"/>.</summary>
    void FallbackChanged(string service, ServiceSnapshot snapshot);

    /// <summary>A service is no longer known: it had no endpoints for a long time.</summary>
    void ServiceForgotten(string service);
}
