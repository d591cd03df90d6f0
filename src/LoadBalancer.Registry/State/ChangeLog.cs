namespace LoadBalancer.Registry.State;

/// <summary>
/// The lock of the whole state, its index (what Raft's log index is to Consul) and who waits for what. A change takes
/// the lock, draws the next index and ends by waking the waiters of the scopes that it touched.
/// </summary>
internal sealed class ChangeLog
{
    private readonly Dictionary<Scope, HashSet<Waiter>> _waiters = [];

    /// <summary>Held for every read and write of the state. Nothing is awaited under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The index of the last change.</summary>
    public ulong Index { get; private set; }

    /// <summary>Queries that wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (Gate)
            {
                return _waiters.Values.SelectMany(set => set).Distinct().Count();
            }
        }
    }

    /// <summary>Draws the index of the change that the caller, holding <see cref="Gate"/>, is about to make.</summary>
    public ulong NextUnderLock() => ++Index;

    /// <summary>
    /// Starts to wait for a change of any of <paramref name="scopes"/>. To be called before the state is read: a change
    /// between the two is then seen twice rather than never.
    /// </summary>
    public Waiter Watch(IReadOnlyList<Scope> scopes)
    {
        var waiter = new Waiter(this, scopes);
        lock (Gate)
        {
            foreach (var scope in scopes)
            {
                if (!_waiters.TryGetValue(scope, out var set))
                {
                    _waiters[scope] = set = [];
                }
                set.Add(waiter);
            }
        }
        return waiter;
    }

    /// <summary>Wakes who waits for <paramref name="scope"/>; continuations run elsewhere, so the lock may be held.</summary>
    public void WakeUnderLock(Scope scope)
    {
        if (_waiters.Remove(scope, out var set))
        {
            foreach (var waiter in set)
            {
                waiter.Wake();
            }
        }
    }

    private void Forget(Waiter waiter)
    {
        lock (Gate)
        {
            foreach (var scope in waiter.Scopes)
            {
                if (_waiters.TryGetValue(scope, out var set) && set.Remove(waiter) && set.Count == 0)
                {
                    _waiters.Remove(scope);
                }
            }
        }
    }

    /// <summary>One waiting query; disposing it forgets it, whether it was woken or its client left.</summary>
    internal sealed class Waiter(ChangeLog log, IReadOnlyList<Scope> scopes) : IDisposable
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<Scope> Scopes => scopes;

        public Task Changed => _changed.Task;

        public void Wake() => _changed.TrySetResult();

        public void Dispose() => log.Forget(this);
    }
}
