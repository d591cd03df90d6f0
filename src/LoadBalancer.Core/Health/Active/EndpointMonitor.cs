using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Active;

/// <summary>
/// Checks one endpoint again and again until it is disposed of. The timer is set when a check has ended, so that no two of them
/// overlap; between them there is nothing but the timer.
/// </summary>
internal sealed class EndpointMonitor : IDisposable
{
    /// <summary>The first check comes at once, but those of endpoints that appear together do not all come in the same moment.</summary>
    private static readonly TimeSpan s_firstWithin = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly Func<IHealthCheck> _create;
    private readonly ActiveCheckOptions _options;
    private readonly RiseFall _verdict;
    private readonly SemaphoreSlim _gate;
    private readonly RandomSource _random;
    private readonly Action<EndpointMonitor, string?> _report;
    private readonly ITimer _timer;
    private IHealthCheck? _check;
    private bool _isChecked;
    private bool _isSpread;

    /// <param name="endpoint">Who is checked.</param>
    /// <param name="create">Makes the check, when it is first run: one that cannot be made has failed.</param>
    /// <param name="options">When, and how the verdict is found.</param>
    /// <param name="verdict">The verdict to start with.</param>
    /// <param name="failure">Why it is down; null when it is up.</param>
    /// <param name="gate">Bounds the checks under way.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The spread.</param>
    /// <param name="report">Told, on any thread, when the verdict changes or its reason is first known: with the failure, or null for up.</param>
    public EndpointMonitor(
        Endpoint endpoint, Func<IHealthCheck> create, ActiveCheckOptions options, RiseFall verdict, string? failure, CheckGate gate, TimeProvider time, RandomSource random, Action<EndpointMonitor, string?> report)
    {
        Endpoint = endpoint;
        Failure = failure;
        _stopped = _stop.Token;
        _create = create;
        _options = options;
        _verdict = verdict;
        _gate = gate.For(options.Type);
        _random = random;
        _report = report;
        _timer = time.CreateTimer(static monitor => _ = ((EndpointMonitor)monitor!).RunAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Never at once: it would run in this call, under the lock of whoever makes it.
        _timer.Change(TimeSpan.FromMilliseconds(1) + (Fraction() * (options.FastIntervalInForce < s_firstWithin ? options.FastIntervalInForce : s_firstWithin)), Timeout.InfiniteTimeSpan);
    }

    public Endpoint Endpoint { get; }

    /// <summary>Why it is down, null when it is up: what was reported and taken. Written by its owner only.</summary>
    public string? Failure { get; set; }

    /// <summary>No check begins after this; one under way is abandoned, and may still report.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        // Not in this call: what is cancelled would go on in it, under the caller's lock.
        _ = _stop.CancelAsync();
    }

    private async Task RunAsync()
    {
        CheckResult result;
        try
        {
            await _gate.WaitAsync(_stopped).ConfigureAwait(false);
            try
            {
                _check ??= _create();
                result = await _check.RunAsync(_stopped).ConfigureAwait(false);
            }
            finally
            {
                _gate.Release();
            }
        }
        catch (Exception) when (_stopped.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            // A defect of the check must show, and must not end the loop.
            result = new CheckResult(CheckStatus.Critical, e.Message);
        }
        Take(result);
        _timer.Change(NextIn(), Timeout.InfiniteTimeSpan);
    }

    private void Take(CheckResult result)
    {
        if (_stopped.IsCancellationRequested)
        {
            return;
        }
        var words = CheckOutput.FirstLine(result.Summary ?? result.Output);
        Endpoint.LastCheck = result.IsShortage ? $"not checked, the balancer has no sockets or processes left: {words}" : words;
        if (result.IsShortage)
        {
            return;
        }
        var isSuccess = result.Status == CheckStatus.Passing;
        // One that was down before its first check is down for what that found.
        var isReason = !_isChecked && !isSuccess && !_verdict.IsUp;
        _isChecked = true;
        if (_verdict.Count(isSuccess) || isReason)
        {
            _report(this, _verdict.IsUp ? null : words);
        }
    }

    private TimeSpan NextIn()
    {
        if (_verdict.IsUndecided)
        {
            return Jittered(_options.FastIntervalInForce);
        }
        if (!_isSpread)
        {
            // Endpoints that appeared together are spread over the whole interval from here on.
            _isSpread = true;
            return TimeSpan.FromMilliseconds(1) + (_options.Interval * Fraction());
        }
        return Jittered(_options.Interval);
    }

    /// <summary>A tenth more or less.</summary>
    private TimeSpan Jittered(TimeSpan interval) => interval * (0.9 + (0.2 * Fraction()));

    private double Fraction() => (_random.Next() >> 11) * (1.0 / (1UL << 53));
}
