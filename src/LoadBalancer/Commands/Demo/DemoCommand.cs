using System.Net;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Observability;

namespace LoadBalancer.Commands.Demo;

/// <summary>
/// <c>lb demo</c>: the main job in one process. An embedded registry, three instances of a service that register
/// themselves, and the balancer in front; prints what to try.
/// </summary>
internal static class DemoCommand
{
    /// <summary>Runs until told to stop; 1 when a port is taken.</summary>
    public static async Task<int> RunAsync(DemoPorts ports, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var time = TimeProvider.System;
        using var logging = new Logging(new LogOptions());
        try
        {
            await using var registry = await RegistryLauncher.StartAsync(ports.ToRegistry(), time, logging.Factory).ConfigureAwait(false);
            var consul = new ConsulOptions { Address = $"http://127.0.0.1:{ports.Registry}" };
            await using var balancer = await Balancer.StartAsync(OptionsOf(ports, consul), time, logging.Factory).ConfigureAwait(false);
            var instances = new List<DemoInstance>();
            try
            {
                for (var i = 1; i <= 3; i++)
                {
                    instances.Add(await DemoInstance.StartAsync($"api-{i}", new IPEndPoint(IPAddress.Loopback, 0), consul, time, logging.Factory).ConfigureAwait(false));
                }
                await balancer.WaitForAsync("api", available: 3, stop).ConfigureAwait(false);
                await output.WriteLineAsync(Instructions(ports, instances)).ConfigureAwait(false);
                await Stopping.WaitAsync(stop).ConfigureAwait(false);
                return 0;
            }
            finally
            {
                foreach (var instance in instances)
                {
                    await instance.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (UnusableConfigurationException e)
        {
            await error.WriteLineAsync($"lb demo: {DemoPorts.Explain(e.Message)}").ConfigureAwait(false);
            return 1;
        }
    }

    private static LbOptions OptionsOf(DemoPorts ports, ConsulOptions consul) => new()
    {
        Listeners = new Dictionary<string, ListenerOptions> { ["web"] = new() { Bind = BindAddress.Of(IPAddress.Loopback, ports.Web) } },
        Discovery = new DiscoveryOptions { Consul = consul, StateFile = null },
        Admin = new AdminOptions { Bind = BindAddress.Of(IPAddress.Loopback, ports.Admin) },
    };

    private static string Instructions(DemoPorts ports, List<DemoInstance> instances) => $$"""

        The balancer listens on 127.0.0.1:{{ports.Web}}. Three instances of the service "api" have registered themselves.
        Try these in another terminal:

        1. Ask the service by its name. Repeat it: api-1, api-2 and api-3 answer in turn.
             curl -H 'Host: api.haproxy.service.consul' http://127.0.0.1:{{ports.Web}}/

        2. Stop one instance, then ask again as often as you like: the other two answer, no request fails.
             curl -X POST http://127.0.0.1:{{instances[0].Port}}/stop

        3. Register a new service (here: one more name for api-2). It is reachable at once, with no reload.
             curl -X PUT http://127.0.0.1:{{ports.Registry}}/v1/agent/service/register -d '{"ID":"shop-1","Name":"shop","Address":"127.0.0.1","Port":{{instances[1].Port}}}'
             curl -H 'Host: shop.haproxy.service.consul' http://127.0.0.1:{{ports.Web}}/

        What the balancer knows: http://127.0.0.1:{{ports.Admin}}/api/services
        Ctrl+C ends everything.

        """;
}
