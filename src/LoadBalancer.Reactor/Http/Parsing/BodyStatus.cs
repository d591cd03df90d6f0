namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>What comes next of a body.</summary>
internal enum BodyStatus
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>Bytes of the content.</summary>
    Data,

    /// <summary>The body is complete.</summary>
    Complete,

    /// <summary>It breaks the rules: where it ends is not known.</summary>
    Malformed,
}
