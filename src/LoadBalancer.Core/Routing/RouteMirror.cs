using System.Diagnostics.CodeAnalysis;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Routing;

/// <summary>Decides which requests of a route are copied, and where to.</summary>
public sealed class RouteMirror
{
    private readonly Catalog _catalog;
    private readonly EvenSequence _turns;
    private readonly ulong _share;

    internal RouteMirror(MirrorSettings settings, Catalog catalog)
    {
        Settings = settings;
        _catalog = catalog;
        _turns = new EvenSequence(catalog.NextSeed());
        _share = settings.Percent >= 100 ? ulong.MaxValue : (ulong)(settings.Percent / 100 * ulong.MaxValue);
    }

    /// <summary>What the configuration says.</summary>
    public MirrorSettings Settings { get; }

    /// <summary>True when the request is one of those that are copied; <see cref="MirroredRequests.End"/> of the service ends it.</summary>
    public bool TryBegin([NotNullWhen(true)] out Service? service)
    {
        service = _turns.Next() <= _share ? _catalog.Find(Settings.Service) : null;
        return service is not null && service.Mirrored.TryBegin(Settings.MaxInFlight);
    }
}
