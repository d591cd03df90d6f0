using LoadBalancer.Configuration;
using Microsoft.Extensions.Logging;

namespace LoadBalancer;

/// <summary>Applies the configurations that lb.json has one after the other, and says what became of each.</summary>
/// <param name="apply">Puts one into force, whole or not at all.</param>
/// <param name="logger">Where it is said.</param>
internal sealed partial class Reloader(Func<LbOptions, Task> apply, ILogger logger)
{
    /// <summary>Takes a change of the file; never throws, so that the next one finds somebody who listens.</summary>
    public async Task ApplyAsync(ConfigurationResult result)
    {
        if (result.Options is not { } options)
        {
            return;
        }
        try
        {
            await apply(options).ConfigureAwait(false);
            LogApplied(logger);
        }
        catch (UnusableConfigurationException e)
        {
            LogRefused(logger, e.Message);
        }
        catch (Exception e)
        {
            // A defect.
            LogBroken(logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the new configuration is in force")]
    private static partial void LogApplied(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "the new configuration could not be applied as a whole, restart the balancer")]
    private static partial void LogBroken(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "the new configuration is REFUSED, the running one stays: {Error}")]
    private static partial void LogRefused(ILogger logger, string error);
}
