using System.IO.Hashing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing.Hashing;

/// <summary>
/// Maglev hashing (Eisenbud et al., "Maglev: A fast and reliable software network load balancer", NSDI 2016, section 3.4):
/// the endpoints take turns in claiming the next free place of their own permutation of the table. Here the turns are those
/// of weighted round robin, so that each gets places as its weight says.
/// </summary>
internal sealed class MaglevTable : HashTable
{
    private readonly EndpointState[] _endpoints;
    private readonly int _length;

    /// <summary>The endpoint of each place: in bytes where they suffice, for there may be thousands of services.</summary>
    private readonly byte[] _places = [];
    private readonly ushort[] _widePlaces = [];

    /// <param name="sequence">The endpoints and their turns.</param>
    /// <param name="known">How many endpoints the service has, available or not.</param>
    public MaglevTable(WeightedSequence sequence, int known)
    {
        // More than a place can name get none; they still take what others cannot (HashPicker).
        _endpoints = sequence.Endpoints.Length <= ushort.MaxValue ? sequence.Endpoints : sequence.Endpoints[..ushort.MaxValue];
        // Primes, so that every step visits every place. Another length moves every key, so there are only two, and which one
        // does not depend on who is available: 16 KiB, with 64 places and more for each endpoint, or 128 KiB.
        _length = known <= 256 ? 16381 : 65537;
        var owners = Fill(sequence);
        if (known <= 256)
        {
            _places = Array.ConvertAll(owners, static owner => (byte)owner);
        }
        else
        {
            _widePlaces = Array.ConvertAll(owners, static owner => (ushort)owner);
        }
    }

    public override int Length => _length;

    public override EndpointState this[int index] => _endpoints[_places.Length > 0 ? _places[index] : _widePlaces[index]];

    public override int IndexOf(ulong hash) => (int)(hash % (uint)_length);

    private int[] Fill(WeightedSequence sequence)
    {
        var indexes = new Dictionary<EndpointState, int>(_endpoints.Length);
        var next = new int[_endpoints.Length];
        var step = new int[_endpoints.Length];
        for (var i = 0; i < _endpoints.Length; i++)
        {
            var identity = IdentityOf(_endpoints[i]);
            indexes.Add(_endpoints[i], i);
            next[i] = (int)(XxHash64.HashToUInt64(identity, seed: 1) % (uint)_length);
            step[i] = 1 + (int)(XxHash64.HashToUInt64(identity, seed: 2) % (uint)(_length - 1));
        }
        var turns = new List<int>(sequence.Length);
        for (var turn = 0; turn < sequence.Length; turn++)
        {
            if (indexes.TryGetValue(sequence[turn], out var index))
            {
                turns.Add(index);
            }
        }
        var owners = new int[_length];
        Array.Fill(owners, -1);
        for (var taken = 0; taken < _length; taken++)
        {
            var i = turns[taken % turns.Count];
            var place = next[i];
            while (owners[place] >= 0)
            {
                place = After(place, step[i]);
            }
            owners[place] = i;
            next[i] = After(place, step[i]);
        }
        return owners;
    }

    private int After(int place, int step) => place + step < _length ? place + step : place + step - _length;
}
