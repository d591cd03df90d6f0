using LoadBalancer.Comparison.Backends;
using LoadBalancer.Comparison.Load;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Tests.Load;

public class EpollDriverTests
{
    private static readonly Workload s_echo = Workload.All.Single(workload => workload.Kind == WorkloadKind.TcpEcho);
    private static readonly TimeSpan s_duration = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task At_a_rate_every_request_that_is_due_is_sent_and_answered(bool newConnectionEachTime)
    {
        using var backend = new TcpBackend(Ports.Free(), Ports.Free());
        var plan = new LoadPlan(s_echo with { NewConnectionEachTime = newConnectionEachTime }, backend.EchoPort, 4, 1, s_duration, Rate: 500);

        var result = await new EpollDriver().RunAsync(plan, TestContext.Current.CancellationToken);

        Assert.Equal((100, 0), (result.Requests, result.Errors));
        Assert.True(result.P50 > 0 && result.P50 <= result.P99);
    }

    [Fact]
    public async Task Without_a_rate_it_saturates()
    {
        using var backend = new TcpBackend(Ports.Free(), Ports.Free());

        var result = await new EpollDriver().RunAsync(new LoadPlan(s_echo, backend.EchoPort, 4, 1, s_duration), TestContext.Current.CancellationToken);

        Assert.True(result.Requests > 0);
        Assert.Equal(0, result.Errors);
    }

    [Fact]
    public async Task What_nobody_answers_is_an_error_each()
    {
        var plan = new LoadPlan(s_echo, Ports.Free(), 4, 1, s_duration, Rate: 100);

        var result = await new EpollDriver().RunAsync(plan, TestContext.Current.CancellationToken);

        Assert.Equal((0, 20), (result.Requests, result.Errors));
        Assert.Null(result.P50);
    }

    [Fact]
    public async Task A_bulk_stream_is_counted_in_bytes()
    {
        using var backend = new TcpBackend(Ports.Free(), Ports.Free());
        var bulk = Workload.All.Single(workload => workload.Kind == WorkloadKind.TcpBulk);

        var result = await new BulkDriver().RunAsync(new LoadPlan(bulk, backend.BulkPort, 2, 1, s_duration), TestContext.Current.CancellationToken);

        Assert.True(result.Bytes > 0);
        Assert.Equal(0, result.Errors);
    }
}
