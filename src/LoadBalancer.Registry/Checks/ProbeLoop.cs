using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.Checks;

/// <summary>
/// Runs one check again and again. The first run comes within a second or the interval, whichever is less, at a random
/// moment so that checks registered together spread; a sixteenth of jitter keeps them apart.
/// </summary>
internal sealed class ProbeLoop : IDisposable
{
    private static readonly TimeSpan s_firstRunWithin = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly IHealthCheck _check;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly Jitter _jitter;
    private readonly Action<CheckResult> _report;

    /// <param name="check">What to run.</param>
    /// <param name="interval">Between the end of a run and the start of the next.</param>
    /// <param name="time">The clock.</param>
    /// <param name="jitter">The spread.</param>
    /// <param name="report">Told every result; a run that was under way when the loop was stopped may still report.</param>
    public ProbeLoop(IHealthCheck check, TimeSpan interval, TimeProvider time, Jitter jitter, Action<CheckResult> report)
    {
        _check = check;
        _interval = interval;
        _time = time;
        _jitter = jitter;
        _report = report;
    }

    /// <summary>Starts the loop, once.</summary>
    public void Start() => _ = RunAsync(_stop.Token);

    /// <summary>Stops the loop; a run under way is abandoned.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await Task.Delay(_jitter.Below(_interval < s_firstRunWithin ? _interval : s_firstRunWithin), _time, ct);
            while (true)
            {
                CheckResult result;
                try
                {
                    result = await _check.RunAsync(ct);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    result = new CheckResult(CheckStatus.Critical, e.Message);
                }
                _report(result);
                await Task.Delay(_interval + _jitter.Below(_interval / 16), _time, ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
