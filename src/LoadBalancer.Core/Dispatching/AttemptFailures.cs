using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Dispatching;

/// <summary>What a failure means.</summary>
public static class AttemptFailures
{
    /// <summary>What it says about the endpoint.</summary>
    public static LeaseOutcome Outcome(this AttemptFailure failure) => failure switch
    {
        AttemptFailure.None => LeaseOutcome.Succeeded,
        AttemptFailure.Connect => LeaseOutcome.ConnectFailed,
        AttemptFailure.Shortage or AttemptFailure.Client or AttemptFailure.ClientTimeout => LeaseOutcome.Canceled,
        _ => LeaseOutcome.Failed,
    };

    /// <summary>What the status of an answer says about the service: these four, that it cannot serve.</summary>
    public static LeaseOutcome OutcomeOf(int status) => status is 500 or 502 or 503 or 504 ? LeaseOutcome.Failed : LeaseOutcome.Succeeded;

    /// <summary>True when nothing was sent, so that trying elsewhere is always safe.</summary>
    public static bool IsUnsent(this AttemptFailure failure) => failure is AttemptFailure.Connect or AttemptFailure.Shortage;
}
