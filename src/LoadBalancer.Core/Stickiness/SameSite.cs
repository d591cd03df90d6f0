namespace LoadBalancer.Core.Stickiness;

/// <summary>When browsers send a cookie with requests that other sites cause (RFC 6265bis section 5.6.7).</summary>
public enum SameSite
{
    /// <summary>When a link from another site is followed, but not with what other sites embed.</summary>
    Lax,

    /// <summary>Never.</summary>
    Strict,

    /// <summary>Always. Browsers demand Secure with it.</summary>
    None,
}
