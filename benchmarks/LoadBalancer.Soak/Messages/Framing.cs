namespace LoadBalancer.Soak.Messages;

/// <summary>How a body says where it ends (RFC 9112 section 6).</summary>
internal enum Framing
{
    None,
    Length,
    Chunked,
    UntilClose,
}
