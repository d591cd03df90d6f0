namespace LoadBalancer.Reactor.Http;

/// <summary>What becomes of a client's connection after an answer.</summary>
internal enum Closing : byte
{
    /// <summary>Another request may come.</summary>
    No,

    /// <summary>The client has said that it sends no more, and all that it sent has been read.</summary>
    AtOnce,

    /// <summary>
    /// The client may still be sending: closing at once would reset the connection, and the answer with it (RFC 9112 section 9.6).
    /// </summary>
    Lingering,
}
