using System.Collections.Concurrent;

namespace LoadBalancer.Soak.Checks;

/// <summary>
/// What endpoints saw of every request, and everything that was wrong. A request reaches endpoints once; one that may be
/// repeated, once more for each time that an endpoint ended the connection instead of answering.
/// </summary>
internal sealed class Ledger
{
    private const int PageSize = 1 << 16;
    private const int Repeatable = 1 << 30;
    private const int OneCut = 1 << 15;
    private const int SeenMask = OneCut - 1;

    private readonly ConcurrentDictionary<long, int[]> _pages = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private long _last;
    private int _wrong;

    /// <summary>How many requests there were.</summary>
    public long Requests => Volatile.Read(ref _last);

    /// <summary>How many things were wrong.</summary>
    public int Wrong => Volatile.Read(ref _wrong);

    /// <summary>The first of the things that were wrong.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Gives a number to a request.</summary>
    public long Begin() => Interlocked.Increment(ref _last);

    /// <summary>The request may reach endpoints again when one of them failed.</summary>
    public void MayRepeat(long id) => Interlocked.Or(ref Entry(id), Repeatable);

    /// <summary>An endpoint got the request; how often endpoints got it so far.</summary>
    public int Seen(long id) => Interlocked.Increment(ref Entry(id)) & SeenMask;

    /// <summary>An endpoint is about to end the connection without, or perhaps without, an answer to the request.</summary>
    public void Cut(long id) => Interlocked.Add(ref Entry(id), OneCut);

    /// <summary>Something is wrong; the first few are kept.</summary>
    public void Violation(string what)
    {
        if (Interlocked.Increment(ref _wrong) <= 20)
        {
            _violations.Enqueue(what);
        }
    }

    /// <summary>Requests that reached endpoints more than once; those that did for no reason are violations.</summary>
    public long CheckRepeats()
    {
        var repeated = 0L;
        for (var id = 1L; id <= Requests; id++)
        {
            var entry = Entry(id);
            var seen = entry & SeenMask;
            var allowed = 1 + ((entry & Repeatable) == 0 ? 0 : (entry & ~Repeatable) / OneCut);
            // What must not come again is told when it does.
            if ((entry & Repeatable) != 0 && seen > allowed)
            {
                Violation($"request {id} reached endpoints {seen} times, {allowed} allowed");
            }
            else if (seen > 1)
            {
                repeated++;
            }
        }
        return repeated;
    }

    private ref int Entry(long id) => ref _pages.GetOrAdd(id / PageSize, static _ => new int[PageSize])[id % PageSize];
}
