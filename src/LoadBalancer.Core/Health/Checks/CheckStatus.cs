namespace LoadBalancer.Core.Health.Checks;

/// <summary>What one check says of its subject, from good to bad; the words are Consul's.</summary>
public enum CheckStatus
{
    /// <summary>Fully usable.</summary>
    Passing,

    /// <summary>Usable, at the warning weight.</summary>
    Warning,

    /// <summary>Not to be used.</summary>
    Critical,
}
