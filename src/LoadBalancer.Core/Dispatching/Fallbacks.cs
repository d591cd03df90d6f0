using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Dispatching;

/// <summary>
/// Leads requests of a service of which too little is available to another datacenter or another service. Only the service's
/// own list counts, not that of a fallback, so nothing can go round in circles. Nothing is allocated.
/// </summary>
public static class Fallbacks
{
    /// <summary>
    /// The service that takes the request: the first fallback of which enough is available, else the service itself or the
    /// first fallback with anybody at all. Called only while <see cref="ServiceSnapshot.FallsBack"/> says so.
    /// </summary>
    /// <param name="service">Where the request was to go.</param>
    /// <param name="catalog">Where the fallbacks are found.</param>
    /// <param name="tag">Only endpoints with this tag; made empty where the fallback is not the same service elsewhere, which has its own tags.</param>
    public static Service Find(Service service, Catalog catalog, ref ReadOnlySpan<char> tag)
    {
        var snapshot = service.Snapshot;
        var anybody = snapshot.HasAvailable(tag) ? service : null;
        foreach (var name in snapshot.Policy.Fallback?.Services ?? [])
        {
            if (catalog.Find(name) is { } fallback && fallback != service && fallback.Snapshot is var other && other.HasAvailable(TagFor(fallback, service, tag)))
            {
                if (!other.FallsBack)
                {
                    tag = TagFor(fallback, service, tag);
                    return fallback;
                }
                anybody ??= fallback;
            }
        }
        if (anybody is not null)
        {
            tag = TagFor(anybody, service, tag);
        }
        return anybody ?? service;
    }

    /// <summary>The same for a connection, which asks for no tag: the service itself while it does not fall back.</summary>
    public static Service Find(Service service, Catalog catalog)
    {
        var tag = ReadOnlySpan<char>.Empty;
        return service.Snapshot.FallsBack ? Find(service, catalog, ref tag) : service;
    }

    private static ReadOnlySpan<char> TagFor(Service fallback, Service service, ReadOnlySpan<char> tag) =>
        tag.IsEmpty || NameOf(fallback.Name).Equals(NameOf(service.Name), StringComparison.OrdinalIgnoreCase) ? tag : [];

    /// <summary>"api" of "api@dc2".</summary>
    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> service) => service.IndexOf('@') is var at and > 0 ? service[..at] : service;
}
