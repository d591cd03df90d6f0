using LoadBalancer.Core.Health;

namespace LoadBalancer.Tests.Support;

/// <summary>Every endpoint answers.</summary>
internal sealed class SteadyProbe : IEndpointProbe
{
    public Task<bool> AnswersAsync(string host, int port) => Task.FromResult(true);
}
