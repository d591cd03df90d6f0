namespace LoadBalancer.Registry.Checks;

/// <summary>How a check finds out.</summary>
internal enum CheckKind
{
    /// <summary>It is told, and turns critical when that stops.</summary>
    Ttl,
    Http,
    Tcp,
    Script,

    /// <summary>Critical for as long as the maintenance lasts.</summary>
    Maintenance,
}
