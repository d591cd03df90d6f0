namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>
/// Who holds one of the capped watches of their own. What is used most is watched first; whoever has none is covered by
/// the shared watch on all checks. Safe to call from many threads.
/// </summary>
internal sealed class WatchBudget
{
    // A newcomer must be clearly busier, or two services of equal demand would trade places for ever.
    private const int Factor = 2;
    private const int Margin = 10;

    // How many watches are tried again per evaluation after the agent refused some.
    private const int Regrowth = 8;

    private readonly int _capacity;
    private readonly Lock _lock = new();
    private readonly Dictionary<IWatched, Demand> _members = [];
    private int _limit;
    private int _held;

    /// <param name="capacity">How many may hold a watch at once.</param>
    public WatchBudget(int capacity) => _limit = _capacity = capacity;

    /// <summary>True while somebody wants a watch and has none.</summary>
    public bool IsShort
    {
        get
        {
            lock (_lock)
            {
                return _members.Count > _held;
            }
        }
    }

    /// <summary>Asks for a watch. False when there is none; <see cref="IWatched.Grant"/> follows when one becomes free.</summary>
    public bool TryTake(IWatched watched)
    {
        lock (_lock)
        {
            var demand = _members.TryGetValue(watched, out var known) ? known : _members[watched] = new();
            if (!demand.Holds && _held < _limit)
            {
                demand.Holds = true;
                _held++;
            }
            return demand.Holds;
        }
    }

    /// <summary>Gives the watch back and stays a candidate for another.</summary>
    public void Release(IWatched watched)
    {
        lock (_lock)
        {
            ReleaseLocked(watched);
            GrantLocked(except: watched);
        }
    }

    /// <summary>The agent refused this watch although it answers others: it has no more connections for us. Fewer watches for a while.</summary>
    public void Refused(IWatched watched)
    {
        lock (_lock)
        {
            ReleaseLocked(watched);
            _limit = Math.Min(_limit, _held);
        }
    }

    /// <summary>The service is gone.</summary>
    public void Leave(IWatched watched)
    {
        lock (_lock)
        {
            ReleaseLocked(watched);
            _members.Remove(watched);
            GrantLocked(except: null);
        }
    }

    /// <summary>Evaluates demand anew, and moves watches to services that are clearly busier than the least busy holders.</summary>
    /// <param name="total">What a service got since the start.</param>
    public void Rebalance(Func<string, long> total)
    {
        lock (_lock)
        {
            foreach (var (watched, demand) in _members)
            {
                demand.Update(total(watched.Name));
            }
            _limit = Math.Min(_capacity, _limit + Regrowth);
            GrantLocked(except: null);
            var holders = _members.Where(member => member.Value is { Holds: true, Retiring: false }).OrderBy(member => member.Value.Rate);
            var candidates = _members.Where(member => !member.Value.Holds).OrderByDescending(member => member.Value.Rate);
            foreach (var (holder, candidate) in holders.Zip(candidates).ToList())
            {
                if (candidate.Value.Rate <= (holder.Value.Rate * Factor) + Margin)
                {
                    break;
                }
                holder.Value.Retiring = true;
                holder.Key.Retire();
            }
        }
    }

    private void ReleaseLocked(IWatched watched)
    {
        if (_members.TryGetValue(watched, out var demand) && demand.Holds)
        {
            demand.Holds = demand.Retiring = false;
            _held--;
        }
    }

    private void GrantLocked(IWatched? except)
    {
        while (_held < _limit && _held < _members.Count)
        {
            var best = _members.Keys.Where(member => member != except && !_members[member].Holds).MaxBy(member => _members[member].Rate);
            if (best is null)
            {
                return;
            }
            _members[best].Holds = true;
            _held++;
            best.Grant();
        }
    }

    private sealed class Demand
    {
        private long _total;

        public bool Holds { get; set; }

        public bool Retiring { get; set; }

        /// <summary>Requests per evaluation, smoothed.</summary>
        public double Rate { get; private set; }

        public void Update(long total)
        {
            Rate = (Rate + (total - _total)) / 2;
            _total = total;
        }
    }
}
