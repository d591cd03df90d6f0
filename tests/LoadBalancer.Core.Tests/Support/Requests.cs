using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Exchanges with an endpoint, one after the other.</summary>
internal static class Requests
{
    /// <summary>So many that fail after the connection was made.</summary>
    public static void Fail(Endpoint endpoint, int count)
    {
        for (var i = 0; i < count; i++)
        {
            TestCatalog.End(endpoint, LeaseOutcome.Failed);
        }
    }

    /// <summary>One that gets an answer with a status.</summary>
    public static void Answer(Endpoint endpoint, int status, LeaseOutcome outcome = LeaseOutcome.Succeeded)
    {
        var lease = Lease.Begin(endpoint);
        lease.Answered(endpoint.Service.Snapshot.Policy.Outliers.IsError(status));
        lease.End(outcome);
    }

    /// <summary>So many answers, the first of them 500 and the others 200.</summary>
    public static void Answer(Endpoint endpoint, int count, int errors)
    {
        for (var i = 0; i < count; i++)
        {
            Answer(endpoint, i < errors ? 500 : 200);
        }
    }

    /// <summary>The endpoint of "api" with this service id.</summary>
    public static Endpoint Endpoint(this TestCatalog world, string id) => world.State(id).Endpoint;

    /// <summary>The state of the endpoint of "api" with this service id.</summary>
    public static EndpointState State(this TestCatalog world, string id) => world["api"].Snapshot.Endpoints.Single(state => state.Endpoint.Id.ServiceId == id);
}
