using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A check whose subject says what the test wants, and that writes down when it was asked.</summary>
internal sealed class ScriptedCheck(TimeProvider time) : IHealthCheck
{
    private readonly long _started = time.GetTimestamp();
    private readonly List<TimeSpan> _asked = [];
    private int _atOnce;

    public static CheckResult Good { get; } = new(CheckStatus.Passing, "") { Summary = "good" };

    public static CheckResult Bad { get; } = new(CheckStatus.Critical, "") { Summary = "bad" };

    /// <summary>What it says from now on.</summary>
    public CheckResult Says { get; set; } = Good;

    /// <summary>What it waits for before it answers.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>When it was asked, since it was made.</summary>
    public IReadOnlyList<TimeSpan> Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Questions under way at once, at most.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The times between the questions.</summary>
    public IReadOnlyList<TimeSpan> Gaps => [.. Asked.Zip(Asked.Skip(1), static (one, next) => next - one)];

    public async Task<CheckResult> RunAsync(CancellationToken ct)
    {
        lock (_asked)
        {
            _asked.Add(time.GetElapsedTime(_started));
        }
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _atOnce));
        try
        {
            await Gate.WaitAsync(ct).ConfigureAwait(false);
            return Says;
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
        }
    }
}
