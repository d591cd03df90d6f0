using LoadBalancer.TestSupport;

namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>A real Consul agent; absent where the program is not installed.</summary>
public sealed class ConsulTarget : Target
{
    private ConsulAgent? _agent;

    public override string? Missing => ConsulAgent.Available ? null : Tools.Missing("consul");

    public override HttpClient Client => _agent!.Client;

    public override int DnsPort => _agent!.DnsPort;

    public override string Node => "node-dc1";

    public override bool IsConsul => true;

    public override Target Fresh() => new ConsulTarget();

    public override async ValueTask InitializeAsync()
    {
        if (Missing is null)
        {
            _agent = await ConsulAgent.StartAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }
    }
}
