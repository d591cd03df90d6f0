using System.Net;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Observability;

namespace LoadBalancer.Commands.Demo;

/// <summary><c>lb instance</c>: one instance of a service in a process of its own, for docker-compose.yml.</summary>
internal static class InstanceCommand
{
    /// <summary>What a balancer needs to hear of the departure, with room to spare.</summary>
    private static readonly TimeSpan s_notice = TimeSpan.FromSeconds(1);

    /// <summary>Docker kills what has not ended ten seconds after it was told to stop.</summary>
    private static readonly TimeSpan s_leaveWithin = TimeSpan.FromSeconds(8);

    /// <summary>Runs until told to stop, then leaves without a failed request; 1 when it cannot start.</summary>
    public static async Task<int> RunAsync(string name, int port, TextWriter error, CancellationToken stop)
    {
        var time = TimeProvider.System;
        using var logging = new Logging(new LogOptions());
        try
        {
            var consul = ConsulEnvironment.Apply(new ConsulOptions(), Environment.GetEnvironmentVariable);
            await using var instance = await DemoInstance.StartAsync(name, new IPEndPoint(IPAddress.Any, port), consul, time, logging.Factory).ConfigureAwait(false);
            await Stopping.WaitAsync(stop).ConfigureAwait(false);
            using var deadline = new CancellationTokenSource(s_leaveWithin, time);
            await instance.LeaveAsync(s_notice, deadline.Token).ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            await error.WriteLineAsync($"lb instance: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }
}
