namespace LoadBalancer.Core.Model;

/// <summary>
/// One request's or connection's hold on an endpoint. It counts as in flight until <see cref="End"/>, which takes
/// effect once: later calls do nothing. A mutable struct so that it costs no allocation: keep it in one place (a field
/// or a local), never copy it.
/// </summary>
public struct Lease
{
    private Endpoint? _endpoint;

    private Lease(Endpoint endpoint) => _endpoint = endpoint;

    /// <summary>The endpoint while the lease runs, else null.</summary>
    public readonly Endpoint? Endpoint => _endpoint;

    /// <summary>Begins a lease.</summary>
    public static Lease Begin(Endpoint endpoint)
    {
        endpoint.Begin();
        return new Lease(endpoint);
    }

    /// <summary>Ends the lease and tells the service's writer what it says about the endpoint's health.</summary>
    public void End(LeaseOutcome outcome)
    {
        if (_endpoint is not { } endpoint)
        {
            return;
        }
        _endpoint = null;
        endpoint.End(outcome);
        if (outcome == LeaseOutcome.ConnectFailed)
        {
            endpoint.Service.Writer.ConnectFailed(endpoint);
        }
        else if (outcome != LeaseOutcome.Canceled && endpoint.ConnectFailures != 0)
        {
            endpoint.Service.Writer.Connected(endpoint);
        }
    }
}
