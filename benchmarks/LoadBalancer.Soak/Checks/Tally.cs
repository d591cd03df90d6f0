namespace LoadBalancer.Soak.Checks;

/// <summary>What clients know of the requests to one service.</summary>
internal sealed class Tally
{
    private long _least;
    private long _most;
    private long _whole;
    private long _refused;
    private long _cut;

    /// <summary>Requests that the balancer must have counted.</summary>
    public long Least => Volatile.Read(ref _least);

    /// <summary>Requests that it may have counted.</summary>
    public long Most => Volatile.Read(ref _most);

    /// <summary>Answers that came whole.</summary>
    public long Whole => Volatile.Read(ref _whole);

    /// <summary>Answers of the balancer's own that say that there is none.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Connections that ended in the middle of an answer, or before it.</summary>
    public long Cut => Volatile.Read(ref _cut);

    /// <summary>Requests that may have got there.</summary>
    public void May(int count = 1) => Interlocked.Add(ref _most, count);

    /// <summary>Of those that <see cref="May"/> counted: they have got there.</summary>
    public void Has(int count = 1) => Interlocked.Add(ref _least, count);

    public void AnsweredWhole() => Interlocked.Increment(ref _whole);

    public void AnsweredRefused() => Interlocked.Increment(ref _refused);

    public void WasCut() => Interlocked.Increment(ref _cut);

    public override string ToString() => $"{(Least == Most ? $"{Least:N0}" : $"{Least:N0} to {Most:N0}")} requests, {Whole:N0} whole, {Refused:N0} refused, {Cut:N0} cut";
}
