using System.Globalization;
using System.Net.Sockets;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>Asks a subject over the network within a time limit, and turns every way to fail into a result.</summary>
internal static class TimedCheck
{
    /// <param name="subject">What is asked, for the output: "TCP connect 10.0.0.1:80".</param>
    /// <param name="ask">Asks; ends soon after its token does.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="time">The clock of the limit.</param>
    /// <param name="ct">Ends the whole, by an <see cref="OperationCanceledException"/>.</param>
    public static async Task<CheckResult> RunAsync(string subject, Func<CancellationToken, Task<CheckResult>> ask, TimeSpan timeout, TimeProvider time, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await ask(linked.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0.###} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or InvalidOperationException or FormatException or ArgumentException)
        {
            return Failed(e.InnerException?.Message ?? e.Message) with { IsShortage = Shortage.IsBehind(e) };
        }

        CheckResult Failed(string reason) => new(CheckStatus.Critical, $"{subject}: {reason}") { Summary = reason };
    }
}
