using LoadBalancer.Discovery.Consul.Watching;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class WatchIndexTests
{
    [Fact]
    public void It_asks_for_what_is_now_first_and_waits_then()
    {
        var index = new WatchIndex();
        Assert.Equal(0ul, index.Next);
        Assert.True(index.Accept(7));
        Assert.Equal(7ul, index.Next);
        Assert.False(index.Accept(7));
        Assert.True(index.Accept(9));
        Assert.Equal(9ul, index.Next);
    }

    [Fact]
    public void It_never_sends_an_index_that_does_not_wait()
    {
        var index = new WatchIndex();
        index.Accept(0);
        Assert.Equal(1ul, index.Next);
    }

    [Fact]
    public void A_loss_starts_again_at_0_but_remembers()
    {
        var index = new WatchIndex();
        index.Accept(7);
        index.Restart();
        Assert.Equal(0ul, index.Next);
        Assert.True(index.IsBackwards(6));
        Assert.False(index.IsBackwards(7));
        Assert.True(index.Accept(6));
        Assert.Equal(6ul, index.Next);
    }
}
