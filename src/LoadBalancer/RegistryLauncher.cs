using System.Net;
using System.Net.Sockets;
using LoadBalancer.Listeners;
using LoadBalancer.Registry;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>Starts the embedded registry as lb.json describes it.</summary>
internal static class RegistryLauncher
{
    /// <exception cref="UnusableConfigurationException">An address is taken or not to be had.</exception>
    public static async Task<RegistryServer> StartAsync(Configuration.Options.RegistryOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return await RegistryServer.StartAsync(
                new Registry.RegistryOptions
                {
                    HttpBind = (IPEndPoint)options.Http.EndPoint,
                    DnsBind = (IPEndPoint?)options.Dns?.EndPoint,
                    Datacenter = options.Datacenter,
                    Domain = options.Domain,
                    AllowScripts = options.AllowScripts,
                },
                loggers,
                time,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (RegistryBindException e)
        {
            var (key, bind) = e.OptionName == nameof(Registry.RegistryOptions.HttpBind) ? ("registry.http", options.Http) : ("registry.dns", options.Dns!);
            throw new ListenerBindException(key, bind, e.GetBaseException() as SocketException ?? new SocketException((int)SocketError.AddressAlreadyInUse));
        }
    }
}
