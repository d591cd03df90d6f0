using LoadBalancer.Listeners;

namespace LoadBalancer.Admin;

/// <summary>A listener as /api/listeners shows it.</summary>
/// <param name="Name">Its name in lb.json; "admin" for the admin interface.</param>
/// <param name="Bind">Where it listens.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Engine">What moves the bytes.</param>
/// <param name="Connections">Connections that are open.</param>
/// <param name="MaxConnections">How many may be; null for no limit.</param>
/// <param name="HandedOver">Connections that the reactor has left to Kestrel.</param>
internal sealed record ListenerView(string Name, string Bind, string Protocol, string Engine, int Connections, int? MaxConnections, long HandedOver)
{
    public static ListenerView Of(Listener listener)
    {
        var settings = listener.Settings;
        return new ListenerView(
            settings.Name, settings.Bind.ToString(), settings.Protocol, settings.Engine.Name, listener.Connections,
            settings.MaxConnections > 0 ? settings.MaxConnections : null, listener.HandedOver);
    }
}
