using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Listeners;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Listeners;

public class GuardPassTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceGuard _guard;

    public GuardPassTests() => _guard = ServiceGuard.Next(null, new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 1 } }, _time)!;

    [Fact]
    public async Task AFreedPlaceGoesToTheOneThatWaits()
    {
        var first = await EnteredAsync();
        using var second = new GuardPass(_guard, _time);
        var waiting = second.EnterAsync(TestContext.Current.CancellationToken);
        using var third = new GuardPass(_guard, _time);
        Assert.Equal(GuardAnswer.QueueFull, await third.EnterAsync(TestContext.Current.CancellationToken));
        Assert.False(waiting.IsCompleted);

        first.Dispose();

        Assert.Equal(GuardAnswer.Admitted, await waiting);
        first.Dispose();
        Assert.Equal(1, _guard.Queue!.InUse);
    }

    [Fact]
    public async Task WhoWaitsTooLongIsTold()
    {
        using var first = await EnteredAsync();
        using var second = new GuardPass(_guard, _time);
        var waiting = second.EnterAsync(TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(GuardAnswer.QueueTimeout, await waiting);
        Assert.Equal((1, 0), (_guard.Queue!.InUse, _guard.Queue.Waiting));
    }

    [Fact]
    public async Task AClientThatLeavesLeavesTheQueue()
    {
        using var first = await EnteredAsync();
        using var gone = new CancellationTokenSource();
        using var second = new GuardPass(_guard, _time);
        var waiting = second.EnterAsync(gone.Token);

        await gone.CancelAsync();

        Assert.Null(await waiting);
        Assert.Equal((1, 0), (_guard.Queue!.InUse, _guard.Queue.Waiting));
    }

    [Fact]
    public async Task WhateverComesFirstEveryPlaceIsGivenBack()
    {
        for (var round = 0; round < 2000; round++)
        {
            var first = await EnteredAsync();
            using var gone = new CancellationTokenSource();
            using (var second = new GuardPass(_guard, _time))
            {
                var waiting = second.EnterAsync(gone.Token);
                Parallel.Invoke(first.Dispose, gone.Cancel);
                Assert.True(await waiting is null or GuardAnswer.Admitted);
            }
            Assert.Equal((0, 0), (_guard.Queue!.InUse, _guard.Queue.Waiting));
        }
    }

    private async Task<GuardPass> EnteredAsync()
    {
        var pass = new GuardPass(_guard, _time);
        Assert.Equal(GuardAnswer.Admitted, await pass.EnterAsync(TestContext.Current.CancellationToken));
        pass.Answered(LeaseOutcome.Succeeded);
        return pass;
    }
}
