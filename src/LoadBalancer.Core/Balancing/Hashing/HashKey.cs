namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>What of a request decides where it goes.</summary>
/// <param name="Kind">The part of the request.</param>
/// <param name="Name">The name of the header field, cookie or query parameter; "" for the others.</param>
public sealed record HashKey(HashKeyKind Kind, string Name)
{
    /// <summary>The client's address: the only key that every protocol has.</summary>
    public static HashKey Source { get; } = new(HashKeyKind.Source, "");
}
