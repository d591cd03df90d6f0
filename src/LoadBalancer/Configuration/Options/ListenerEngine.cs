namespace LoadBalancer.Configuration.Options;

/// <summary>What moves the bytes of a listener.</summary>
public enum ListenerEngine
{
    /// <summary><see cref="Reactor"/> where it runs and speaks the protocol, else <see cref="Kestrel"/>.</summary>
    Auto,

    /// <summary>ASP.NET Core and YARP: every protocol, every platform.</summary>
    Kestrel,

    /// <summary>An event loop per core, on Linux: less CPU per request. What it does not do it hands to <see cref="Kestrel"/>.</summary>
    Reactor,
}
