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
    public void WhoComesWhenItIsFullIsRefusedUntilAnEnd()
    {
        var told = 0;
        _budget.Room += () => told++;
        Assert.True(_budget.TryEnter());
        Assert.True(_budget.TryEnter());
        Assert.Equal((false, false, 0), (_budget.HasRoom(), _budget.TryEnter(), told));

        _budget.Leave();

        Assert.Equal((true, 1), (_budget.HasRoom(), told));
        Assert.True(_budget.TryEnter());
    }

    [Fact]
    public void WhatIsThereAlreadyIsCountedThoughItIsFull()
    {
        var told = 0;
        _budget.Room += () => told++;
        _budget.Enter();
        _budget.Enter();
        _budget.Enter();

        _budget.Leave();
        Assert.Equal((false, 0), (_budget.HasRoom(), told));
        _budget.Leave();
        Assert.Equal((true, 1), (_budget.HasRoom(), told));
    }

    [Fact]
    public async Task UnderContentionNobodyIsForgottenAndTheLimitIsKept()
    {
        var (open, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            // As acceptors wait: first listen, then look.
            var room = new SemaphoreSlim(0, int.MaxValue);
            _budget.Room += () => room.Release();
            for (var i = 0; i < 2000; i++)
            {
                while (!_budget.TryEnter())
                {
                    await room.WaitAsync();
                }
                var now = Interlocked.Increment(ref open);
                for (var seen = Volatile.Read(ref most); now > seen && Interlocked.CompareExchange(ref most, now, seen) != seen; seen = Volatile.Read(ref most))
                {
                }
                Interlocked.Decrement(ref open);
                _budget.Leave();
            }
        })));
        Assert.InRange(most, 1, _budget.Limit);
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1024                 1024                 processes ", null)]
    public void TheLimitOnFilesIsReadFromProc(string line, int? limit) =>
        Assert.Equal(limit, FileLimit.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]));
}
