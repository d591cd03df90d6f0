using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// Maps hashes to endpoints by weight. It is made from the endpoints' identities alone, so that balancers that see the same
/// endpoints make the same table, and it changes little when endpoints come and go.
/// </summary>
internal abstract class HashTable
{
    /// <summary>How many places it has.</summary>
    public abstract int Length { get; }

    /// <summary>The endpoint at a place, from 0 to <see cref="Length"/> - 1. The endpoints at the places after it are in no order.</summary>
    public abstract EndpointState this[int index] { get; }

    /// <summary>A table of this kind over the endpoints of a sequence, which are all that are available of so many.</summary>
    public static HashTable Create(HashTableKind kind, WeightedSequence sequence, int known) => kind switch
    {
        HashTableKind.Maglev => new MaglevTable(sequence, known),
        HashTableKind.Ring => new RingTable(sequence.Endpoints),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The place of a hash.</summary>
    public abstract int IndexOf(ulong hash);

    /// <summary>The bytes that stand for an endpoint wherever it is hashed.</summary>
    protected static byte[] IdentityOf(EndpointState state) =>
        System.Text.Encoding.UTF8.GetBytes($"{state.Endpoint.Id.Node}\0{state.Endpoint.Id.ServiceId}");
}
