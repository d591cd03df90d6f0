using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Dispatching;

/// <summary>The second attempt of a hedged request, see <see cref="Dispatch.TryHedge"/>.</summary>
public sealed class Hedge
{
    private Lease _lease;

    /// <param name="lease">Moved here, not copied.</param>
    internal Hedge(Lease lease)
    {
        Endpoint = lease.Endpoint!;
        _lease = lease;
    }

    /// <summary>The second endpoint.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>The head of its response is there, see <see cref="Lease.Answered"/>.</summary>
    public void Answered(bool isError) => _lease.Answered(isError);

    /// <summary>Ends it, when it has not been taken by <see cref="Dispatch.Take"/>. Later calls do nothing.</summary>
    public void End(LeaseOutcome outcome) => _lease.End(outcome);

    /// <summary>Gives its lease away: moved, not copied.</summary>
    internal Lease Release()
    {
        var lease = _lease;
        _lease = default;
        return lease;
    }
}
