using LoadBalancer.Core.Model;

namespace LoadBalancer.Tcp;

/// <summary>
/// Lets connections wait for a service whose source has not spoken yet, as just after a start or a new configuration. An HTTP
/// client is told to come again; a TCP client can only be let wait or be sent away.
/// </summary>
internal sealed class FirstWord(Catalog catalog, TimeProvider time)
{
    /// <summary>How long a connection waits at most: longer than a silent source is waited for before the state file takes its place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private long _asked = time.GetTimestamp();

    /// <summary>The sources have been given a new configuration: what they have to say of it may take a moment.</summary>
    public void Expect() => Volatile.Write(ref _asked, time.GetTimestamp());

    /// <summary>True while a source may still name services for the first time, and the connection may wait for that.</summary>
    /// <param name="since">The timestamp since which the connection waits.</param>
    public bool MayName(long since) => !catalog.IsReady && time.GetElapsedTime(since) < Patience;

    /// <summary>What is known of the service now. False: nothing yet, but a source may still name it, so ask again in a moment.</summary>
    /// <param name="name">The service's name.</param>
    /// <param name="since">The timestamp since which the connection waits.</param>
    /// <param name="service">The service; null when nobody has named it in time.</param>
    public bool TryFind(string name, long since, out Service? service)
    {
        service = catalog.Find(name);
        return IsKnown(service) || !MayCome || time.GetElapsedTime(since) >= Patience;
    }

    private bool MayCome => !catalog.IsReady || time.GetElapsedTime(Volatile.Read(ref _asked)) < Patience;

    private static bool IsKnown(Service? service) => service is not null && (service.ConfirmedAt != default || !service.Snapshot.Endpoints.IsEmpty);
}
