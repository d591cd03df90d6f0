using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Backends;

/// <summary>Ends a program for good.</summary>
public static class Ending
{
    private const int SigTerm = 15;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    /// <summary>SIGTERM first, so that nginx collects its workers; whatever is left after two seconds is killed.</summary>
    public static async ValueTask EndAsync(ChildProcess process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Signal(SigTerm);
                _ = await process.WaitForExitAsync(s_grace);
            }
        }
        catch (TimeoutException)
        {
            // It drains for longer than we wait.
        }
        finally
        {
            await process.DisposeAsync();
        }
    }
}
