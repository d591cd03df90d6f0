namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>One header field of a head, by its places in the head's bytes.</summary>
/// <param name="Kind">Which field it is.</param>
/// <param name="Name">Where the name is.</param>
/// <param name="Value">Where the value is, without the white space around it.</param>
internal record struct Field(FieldKind Kind, Slice Name, Slice Value);
