namespace LoadBalancer.Reactor.Tcp;

/// <summary>How it stands with a <see cref="Relay"/>.</summary>
internal enum RelayStatus
{
    /// <summary>It goes on.</summary>
    Running,

    /// <summary>Both directions have ended: close both sides.</summary>
    Ended,

    /// <summary>A side is broken: reset both, so that neither takes a cut stream for a complete one.</summary>
    Broken,
}
