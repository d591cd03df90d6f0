using LoadBalancer.Listeners;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Listeners;

public class ConnectionBudgetTests
{
    private readonly ConnectionBudget _budget = new(2, new FakeTimeProvider(), NullLogger.Instance);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(200, 50)]
    [InlineData(1024, 256)]
    [InlineData(1_048_576, 524_032)]
    public void ItLeavesRoomForEndpointsAndTheRest(int files, int connections) => Assert.Equal(connections, ConnectionBudget.Within(files));

    [Fact]
    public async Task WhoComesWhenItIsFullWaitsForAnEnd()
    {
        await EnterAsync();
        await EnterAsync();
        var waiting = _budget.WaitForRoomAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(waiting.IsCompleted);

        _budget.Leave();

        await waiting;
    }

    [Fact]
    public async Task OneEndAfterTheOtherWakesAllThatWait()
    {
        await EnterAsync();
        await EnterAsync();
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => _budget.WaitForRoomAsync(TestContext.Current.CancellationToken).AsTask())];

        _budget.Leave();
        _budget.Leave();

        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task TheWaitEndsWithTheListener()
    {
        await EnterAsync();
        await EnterAsync();
        using var stop = new CancellationTokenSource();
        var waiting = _budget.WaitForRoomAsync(stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task UnderContentionNobodyIsForgottenAndTheLimitIsKept()
    {
        const int workers = 16;
        var (open, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2000; i++)
            {
                await EnterAsync();
                var now = Interlocked.Increment(ref open);
                for (var seen = Volatile.Read(ref most); now > seen && Interlocked.CompareExchange(ref most, now, seen) != seen; seen = Volatile.Read(ref most))
                {
                }
                Interlocked.Decrement(ref open);
                _budget.Leave();
            }
        })));
        Assert.InRange(most, 1, _budget.Limit + workers);
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1024                 1024                 processes ", null)]
    public void TheLimitOnFilesIsReadFromProc(string line, int? limit) =>
        Assert.Equal(limit, FileLimit.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    private async Task EnterAsync()
    {
        await _budget.WaitForRoomAsync(TestContext.Current.CancellationToken);
        _budget.Enter();
    }
}
