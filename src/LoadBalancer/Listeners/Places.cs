namespace LoadBalancer.Listeners;

/// <summary>How many connections are open, under a limit that may change. For many threads.</summary>
internal sealed class Places
{
    private int _taken;

    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes one; false when so many or more are taken.</summary>
    public bool TryTake(int limit)
    {
        var taken = Taken;
        while (taken < limit)
        {
            var before = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (before == taken)
            {
                return true;
            }
            taken = before;
        }
        return false;
    }

    /// <summary>Takes one, whatever the limit.</summary>
    public void Take() => Interlocked.Increment(ref _taken);

    /// <summary>Gives one back; the result is how many are left.</summary>
    public int GiveBack() => Interlocked.Decrement(ref _taken);
}
