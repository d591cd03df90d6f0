namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>The header fields that mean something to a proxy.</summary>
internal enum FieldKind : byte
{
    /// <summary>Goes on unchanged.</summary>
    Other,

    /// <summary>For this hop only (RFC 9110 section 7.6.1), or named by a Connection field: stays behind.</summary>
    HopByHop,

    Connection,
    ContentLength,
    Cookie,
    Date,
    Expect,
    Forwarded,
    Host,
    Trailer,
    TransferEncoding,
    Upgrade,
    XForwardedFor,
    XForwardedHost,
    XForwardedProto,
}
