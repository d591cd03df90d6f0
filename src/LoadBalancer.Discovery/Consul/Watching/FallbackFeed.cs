using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// The feed of a datacenter that is watched only for the fallbacks that it has: when it cannot be asked, that is an error of
/// those services, not of the source, and nobody waits for it.
/// </summary>
/// <param name="feed">The source's.</param>
/// <param name="services">The fallbacks, as the catalog calls them.</param>
/// <param name="failed">Told of every failure.</param>
internal sealed class FallbackFeed(ISourceFeed feed, IReadOnlyList<string> services, Action failed) : ISourceFeed
{
    public void Observe(string service, Observation observation) => feed.Observe(service, observation);

    public void Fail(string error)
    {
        foreach (var service in services)
        {
            feed.Observe(service, new Observation.Failed(error));
        }
        failed();
    }

    public void Complete() => feed.Complete();

    public long DemandFor(string service) => feed.DemandFor(service);
}
