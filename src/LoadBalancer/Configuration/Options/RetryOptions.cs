using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Configuration.Options;

/// <summary>When a request that failed is sent to another endpoint.</summary>
public sealed record RetryOptions : IValidatableObject
{
    private const int MaxAttempts = PickContext.MaxTries - 1;

    private static readonly RetryCondition[] s_on = [RetryCondition.ConnectFailure, RetryCondition.Reset];

    /// <summary>How many attempts follow the first one.</summary>
    [Description("How many more times a request is sent after an attempt that failed, each time to another endpoint. Attempts that could not connect do not count; up to eight endpoints are tried in all.")]
    [Range(0, MaxAttempts)]
    public int Attempts { get; init; } = 1;

    /// <summary>What a retry may follow.</summary>
    [Description("What a retry follows: `connectFailure` (nothing was sent: retried whatever the method), `reset` (the connection ended before an answer), `timeout` (`timeouts.firstByte` or `idle` passed before an answer). After the latter two, and by `statuses`, only requests that may be done twice are retried.")]
    public IReadOnlyList<RetryCondition> On { get; init; } = s_on;

    /// <summary>The statuses that a retry may follow.</summary>
    [Description("Statuses from 400 to 599 of answers that are thrown away and asked for again from another endpoint; the last answer is passed on.")]
    [Display(Prompt = "503")]
    public IReadOnlyList<int> Statuses { get; init; } = [];

    /// <summary>How many bytes of a body are kept.</summary>
    [Description("How many bytes of a request's body are kept while they go to the endpoint, so that they can be sent again. A longer body is never sent twice. 0 keeps none.")]
    [Range(0, 64 * 1024 * 1024)]
    public int BufferLimit { get; init; } = new RetryPolicy().BufferLimit;

    /// <summary>What retries and hedges may add; null for no bound.</summary>
    [Description("What retries and hedges may add to the requests, so that they never make an outage worse. `null`: no bound but `attempts`.")]
    public RetryBudgetOptions? Budget { get; init; } = new();

    /// <summary>When a request is sent to a second endpoint, too; null for never.</summary>
    [Description("Sends a request without a body that may be done twice to a second endpoint when the first one is late to answer; the first good answer is passed on. Absent or `null`: off.")]
    public HedgeOptions? Hedge { get; init; }

    /// <summary>The same for the catalog.</summary>
    public RetryPolicy ToPolicy() => new()
    {
        Attempts = Attempts,
        OnConnectFailure = On.Contains(RetryCondition.ConnectFailure),
        OnReset = On.Contains(RetryCondition.Reset),
        OnTimeout = On.Contains(RetryCondition.Timeout),
        OnStatuses = new StatusSet(Statuses),
        BufferLimit = BufferLimit,
        Budget = Budget,
        Hedge = Hedge,
    };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var status in Statuses.Where(static status => status is < StatusSet.Min or > StatusSet.Max).Take(1))
        {
            yield return new ValidationResult($"{status} is not a status from {StatusSet.Min} to {StatusSet.Max}; only errors can be retried", [nameof(Statuses)]);
        }
    }
}
