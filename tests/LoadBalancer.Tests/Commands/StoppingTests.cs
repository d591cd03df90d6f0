using System.Diagnostics;
using System.Globalization;
using LoadBalancer.Commands;

namespace LoadBalancer.Tests.Commands;

public class StoppingTests
{
    [Fact]
    public async Task The_signal_still_comes_after_a_garbage_collection()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGTERM to send");
        var told = Stopping.WaitAsync(TestContext.Current.CancellationToken);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        // Without a handler this would end the test run.
        using var kill = Process.Start("kill", ["-TERM", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);

        await told.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
