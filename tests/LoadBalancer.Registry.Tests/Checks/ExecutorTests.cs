using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Registry.Tests.Checks;

/// <summary>The executors against real subjects; their plain successes are in the contract.</summary>
public sealed class ExecutorTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exit 0", CheckStatus.Passing)]
    [InlineData("exit 1", CheckStatus.Warning)]
    [InlineData("exit 2", CheckStatus.Critical)]
    [InlineData("kill -9 $$", CheckStatus.Critical)]
    public async Task A_command_speaks_by_its_exit_code(string script, CheckStatus status)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var result = await new CommandCheck(["sh", "-c", $"echo out; echo err >&2; {script}"], s_long, TimeProvider.System).RunAsync(Ct);
        Assert.Equal((status, "out\nerr\n"), (result.Status, result.Output));
    }

    [Fact]
    public async Task A_command_that_says_much_ends_and_is_cut()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var result = await new CommandCheck(["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"], s_long, TimeProvider.System).RunAsync(Ct);
        Assert.Equal((CheckStatus.Passing, new string('x', 4096)), (result.Status, result.Output));
    }

    [Fact]
    public async Task A_command_that_does_not_end_is_killed_with_its_children()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var result = await new CommandCheck(["sh", "-c", "sleep 600 & wait"], TimeSpan.FromMilliseconds(50), TimeProvider.System).RunAsync(Ct);
        Assert.Equal(CheckStatus.Critical, result.Status);
        Assert.Contains("was killed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_critical()
    {
        var result = await new CommandCheck(["/no/such/program"], s_long, TimeProvider.System).RunAsync(Ct);
        Assert.Equal(CheckStatus.Critical, result.Status);
        Assert.Contains("/no/such/program", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_that_accepts_and_says_nothing_is_critical()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var check = new HttpCheck(new HttpCheckOptions { Target = new Uri($"http://{silent.LocalEndpoint}/"), Timeout = TimeSpan.FromMilliseconds(50) }, TimeProvider.System);
        var result = await check.RunAsync(Ct);
        Assert.Equal(CheckStatus.Critical, result.Status);
        Assert.Contains("no answer within 0.05 s", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_port_is_critical_for_both()
    {
        var port = Ports.Free();
        var http = new HttpCheck(new HttpCheckOptions { Target = new Uri($"http://127.0.0.1:{port}/") }, TimeProvider.System);
        Assert.Equal(CheckStatus.Critical, (await http.RunAsync(Ct)).Status);
        Assert.Equal(CheckStatus.Critical, (await new TcpCheck("127.0.0.1", port, s_long, TimeProvider.System).RunAsync(Ct)).Status);
    }

    [Fact]
    public async Task A_cancelled_run_throws()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        var http = new HttpCheck(new HttpCheckOptions { Target = new Uri("http://127.0.0.1:1/") }, TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => http.RunAsync(stopped.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new TcpCheck("127.0.0.1", 1, s_long, TimeProvider.System).RunAsync(stopped.Token));
    }
}
