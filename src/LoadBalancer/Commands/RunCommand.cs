using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Observability;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Commands;

/// <summary><c>lb run</c>: the balancer as lb.json describes it, until it is told to stop.</summary>
internal static class RunCommand
{
    /// <returns>The exit code: 0 after a drain, 1 when the configuration cannot be used.</returns>
    public static async Task<int> RunAsync(FileInfo config, TextWriter error, CancellationToken stop)
    {
        var time = TimeProvider.System;
        // How to log is in the file, too.
        using var logging = new Logging(ConfigurationFile.Read(config.ToString()).Options?.Log ?? new LogOptions());
        var file = new ConfigurationFile(config.ToString(), time, logging.Factory.CreateLogger<ConfigurationFile>());
        var first = file.Load();
        foreach (var one in first.Errors.Concat(first.Warnings))
        {
            await error.WriteLineAsync(one.ToString()).ConfigureAwait(false);
        }
        if (first.Options is not { } options)
        {
            return 1;
        }
        try
        {
            await using var registry = options.Registry is null ? null : await RegistryLauncher.StartAsync(options.Registry, time, logging.Factory).ConfigureAwait(false);
            await using var balancer = await Balancer.StartAsync(options, time, logging.Factory).ConfigureAwait(false);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var reloader = new Reloader(
                async changed =>
                {
                    await balancer.ApplyAsync(changed).ConfigureAwait(false);
                    logging.Apply(changed.Log);
                },
                logging.Factory.CreateLogger("LoadBalancer.Run"));
            var watching = file.WatchAsync(reloader.ApplyAsync, ending.Token);
            await Stopping.WaitAsync(stop).ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            await watching.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            await balancer.DrainAsync().ConfigureAwait(false);
            return 0;
        }
        catch (UnusableConfigurationException e)
        {
            await error.WriteLineAsync($"{config}: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }
}
