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
    /// <summary>
    /// A prime, so that every step visits every place. Fixed: a size that followed the number of endpoints would move every
    /// key when it changes. At a thousand endpoints of equal weight the shares are within 2 %; 128 KiB a table.
    /// </summary>
    private const int Places = 65537;

    private readonly EndpointState[] _endpoints;
    private readonly ushort[] _places = new ushort[Places];

    public MaglevTable(WeightedSequence sequence)
    {
        // More than a place can name would get no place either; they still take what others cannot (HashPicker).
        _endpoints = sequence.Endpoints.Length <= ushort.MaxValue ? sequence.Endpoints : sequence.Endpoints[..ushort.MaxValue];
        Fill(sequence);
    }

    public override int Length => Places;

    public override EndpointState this[int index] => _endpoints[_places[index]];

    public override int IndexOf(ulong hash) => (int)(hash % Places);

    private void Fill(WeightedSequence sequence)
    {
        var indexes = new Dictionary<EndpointState, ushort>(_endpoints.Length);
        var next = new int[_endpoints.Length];
        var step = new int[_endpoints.Length];
        for (var i = 0; i < _endpoints.Length; i++)
        {
            var identity = IdentityOf(_endpoints[i]);
            indexes.Add(_endpoints[i], (ushort)i);
            next[i] = (int)(XxHash64.HashToUInt64(identity, seed: 1) % Places);
            step[i] = 1 + (int)(XxHash64.HashToUInt64(identity, seed: 2) % (Places - 1));
        }
        var turns = new List<ushort>(sequence.Length);
        for (var turn = 0; turn < sequence.Length; turn++)
        {
            if (indexes.TryGetValue(sequence[turn], out var index))
            {
                turns.Add(index);
            }
        }
        var isTaken = new bool[Places];
        for (var taken = 0; taken < Places; taken++)
        {
            var i = turns[taken % turns.Count];
            while (isTaken[next[i]])
            {
                Advance(i);
            }
            isTaken[next[i]] = true;
            _places[next[i]] = i;
            Advance(i);
        }

        void Advance(int i)
        {
            next[i] += step[i];
            next[i] -= next[i] >= Places ? Places : 0;
        }
    }
}
