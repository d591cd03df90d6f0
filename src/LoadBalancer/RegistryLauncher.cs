using System.Net.Sockets;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Listeners;
using LoadBalancer.Registry;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>Starts the embedded registry as lb.json describes it.</summary>
internal static class RegistryLauncher
{
    /// <exception cref="UnusableConfigurationException">An address is taken or not to be had.</exception>
    public static async Task<RegistryServer> StartAsync(EmbeddedRegistryOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return await RegistryServer.StartAsync(options.ToRegistryOptions(), loggers, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RegistryBindException e)
        {
            var (key, bind) = e.OptionName == nameof(RegistryOptions.HttpBind) ? ("registry.http", options.Http) : ("registry.dns", options.Dns!);
            throw new ListenerBindException(key, bind, e.GetBaseException() as SocketException ?? new SocketException((int)SocketError.AddressAlreadyInUse));
        }
    }
}
