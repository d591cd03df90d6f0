using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Outliers;

namespace LoadBalancer.Core.Model;

/// <summary>
/// One request's or connection's hold on an endpoint. It counts as in flight until <see cref="End"/>, which takes
/// effect once, whichever thread comes first: later calls do nothing. A mutable struct so that it costs no allocation:
/// keep it in one place (a field or a local), never copy it.
/// </summary>
public struct Lease
{
    private readonly int _ejectionsBefore;
    private readonly long _begun;
    private Endpoint? _endpoint;
    private LatencyAverage? _latency;
    private bool _isAnswered;
    private bool _isError;

    private Lease(Endpoint endpoint)
    {
        _endpoint = endpoint;
        _ejectionsBefore = endpoint.Ejections;
        _latency = endpoint.Latency;
        _begun = _latency?.Begin() ?? 0;
    }

    /// <summary>The endpoint while the lease runs, else null.</summary>
    public readonly Endpoint? Endpoint => _endpoint;

    /// <summary>Begins a lease.</summary>
    public static Lease Begin(Endpoint endpoint)
    {
        endpoint.Begin();
        return new Lease(endpoint);
    }

    /// <summary>A lease of an endpoint that has been counted already.</summary>
    internal static Lease Over(Endpoint counted) => new(counted);

    /// <summary>
    /// The endpoint has begun to answer: the head of its response is there, or the TCP connection is made. What comes after
    /// that (a long body, a tunnel) says nothing about how fast it is. Later calls do nothing.
    /// </summary>
    /// <param name="isError">
    /// True when the answer counts as an error, see <see cref="OutlierOptions.IsError"/>: then how fast it came is no merit.
    /// </param>
    public void Answered(bool isError = false)
    {
        _isAnswered = true;
        _isError |= isError;
        if (_latency is not null)
        {
            StopClock(isError);
        }
    }

    /// <summary>Ends the lease and tells the service's writer what it says about the endpoint's health.</summary>
    public void End(LeaseOutcome outcome)
    {
        if (Interlocked.Exchange(ref _endpoint, null) is not { } endpoint)
        {
            return;
        }
        endpoint.End(_isError || outcome is LeaseOutcome.ConnectFailed or LeaseOutcome.Failed);
        if (_latency is not null)
        {
            StopClock(outcome != LeaseOutcome.Succeeded);
        }
        if (endpoint.Errors is { } errors)
        {
            Count(endpoint, errors, outcome);
        }
        if (outcome == LeaseOutcome.ConnectFailed)
        {
            endpoint.Service.Writer.ConnectFailed(endpoint);
        }
        else if (outcome == LeaseOutcome.Succeeded && endpoint.ConnectFailures != 0)
        {
            // What ends in a reset, as everything on a killed instance does, is no sign of life.
            endpoint.Service.Writer.Connected(endpoint, _ejectionsBefore);
        }
        // After the verdict, so that nobody who waits is sent to an endpoint that has just failed.
        endpoint.Service.EndpointQueue?.PlaceFreed();
    }

    private void StopClock(bool isFailure)
    {
        if (Interlocked.Exchange(ref _latency, null) is not { } latency)
        {
            return;
        }
        if (isFailure)
        {
            latency.Unanswered(_begun);
        }
        else
        {
            latency.Answered(_begun);
        }
    }

    /// <summary>
    /// Connect failures have a verdict of their own. A client that left is no error, but the answer that it got before counts.
    /// What began before the latest ejection was judged by it.
    /// </summary>
    private readonly void Count(Endpoint endpoint, ErrorCount errors, LeaseOutcome outcome)
    {
        if (outcome == LeaseOutcome.ConnectFailed || (outcome == LeaseOutcome.Canceled && !_isAnswered) || endpoint.Ejections != _ejectionsBefore)
        {
            return;
        }
        if (outcome != LeaseOutcome.Failed && !_isError)
        {
            errors.Succeeded();
        }
        else if (errors.Failed())
        {
            endpoint.Service.Writer.ErrorsInARow(endpoint);
        }
    }
}
