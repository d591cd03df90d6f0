using LoadBalancer.Core.Balancing;

namespace LoadBalancer.Core.Model;

/// <summary>
/// One request's or connection's hold on an endpoint. It counts as in flight until <see cref="End"/>, which takes
/// effect once, whichever thread comes first: later calls do nothing. A mutable struct so that it costs no allocation:
/// keep it in one place (a field or a local), never copy it.
/// </summary>
public struct Lease
{
    private readonly int _failuresBefore;
    private readonly long _begun;
    private Endpoint? _endpoint;
    private LatencyAverage? _latency;

    private Lease(Endpoint endpoint)
    {
        _endpoint = endpoint;
        _failuresBefore = endpoint.AllConnectFailures;
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
    public void Answered()
    {
        if (_latency is not null)
        {
            Interlocked.Exchange(ref _latency, null)?.Answered(_begun);
        }
    }

    /// <summary>Ends the lease and tells the service's writer what it says about the endpoint's health.</summary>
    public void End(LeaseOutcome outcome)
    {
        if (Interlocked.Exchange(ref _endpoint, null) is not { } endpoint)
        {
            return;
        }
        endpoint.End(outcome);
        if (outcome == LeaseOutcome.Succeeded)
        {
            Answered();
        }
        else if (_latency is not null)
        {
            Interlocked.Exchange(ref _latency, null)?.Unanswered(_begun);
        }
        if (outcome == LeaseOutcome.ConnectFailed)
        {
            endpoint.Service.Writer.ConnectFailed(endpoint);
        }
        else if (outcome == LeaseOutcome.Succeeded && endpoint.ConnectFailures != 0)
        {
            // What ends in a reset, as everything on a killed instance does, is no sign of life.
            endpoint.Service.Writer.Connected(endpoint, _failuresBefore);
        }
        // After the verdict, so that nobody who waits is sent to an endpoint that has just failed.
        endpoint.Service.EndpointQueue?.PlaceFreed();
    }
}
