using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>One real Consul agent for the tests of a class.</summary>
public sealed class SharedAgent : IAsyncLifetime
{
    private ConsulAgent? _agent;

    public ConsulAgent Agent
    {
        get
        {
            if (_agent is null)
            {
                Assert.Skip(Tools.Missing("consul"));
            }
            return _agent!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (ConsulAgent.Available)
        {
            _agent = await ConsulAgent.StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }
    }
}
