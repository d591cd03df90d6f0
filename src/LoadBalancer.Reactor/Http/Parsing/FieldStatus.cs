namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>What came of reading field lines.</summary>
internal enum FieldStatus
{
    Complete,
    Incomplete,
    Malformed,
    TooMany,
}
