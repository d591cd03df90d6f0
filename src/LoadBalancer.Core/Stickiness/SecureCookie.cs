namespace LoadBalancer.Core.Stickiness;

/// <summary>Whether a cookie is marked Secure, which keeps browsers from sending it without TLS.</summary>
public enum SecureCookie
{
    /// <summary>When the request came over TLS, here or at a trusted proxy in front.</summary>
    Auto,

    /// <summary>On every answer.</summary>
    Always,

    /// <summary>On none.</summary>
    Never,
}
