using LoadBalancer.Discovery.Dns;

namespace LoadBalancer.Discovery.Tests.Dns;

public sealed class DnsProgressTests
{
    private readonly RecordingFeed _feed = new();
    private readonly DnsProgress _progress;

    public DnsProgressTests() => _progress = new DnsProgress(_feed);

    [Fact]
    public void Without_services_it_is_complete_at_once()
    {
        _progress.Expect([]);
        Assert.Equal(1, _feed.Completions);
    }

    [Fact]
    public void It_is_complete_once_everybody_was_asked_and_the_silent_are_not_waited_for()
    {
        _progress.Expect(["a", "b", "c", "d", "e"]);
        _progress.Unanswered("a", DnsFailure.Silent, "slow");
        _progress.Answered("b");
        _progress.Unanswered("c", DnsFailure.Silent, "slow");
        _progress.Answered("d");
        Assert.Equal(0, _feed.Completions);
        _progress.Answered("e");
        _progress.Answered("e");
        Assert.Equal(1, _feed.Completions);
        Assert.Empty(_feed.Failures);
    }

    [Fact]
    public void It_fails_once_when_the_servers_cannot_be_reached_and_then_completes_anew()
    {
        _progress.Expect(["a", "b"]);
        _progress.Answered("a");
        _progress.Answered("b");
        _progress.Unanswered("a", DnsFailure.Unreachable, "refused");
        _progress.Unanswered("b", DnsFailure.Unreachable, "refused");
        Assert.Equal(["refused"], _feed.Failures);
        _progress.Answered("a");
        Assert.Equal(1, _feed.Completions);
        _progress.Answered("b");
        Assert.Equal(2, _feed.Completions);
    }

    [Fact]
    public void Silence_is_the_servers_fault_for_three_at_the_start_and_for_all_later()
    {
        _progress.Expect(["a", "b", "c", "d"]);
        _progress.Unanswered("a", DnsFailure.Silent, "silent");
        _progress.Unanswered("a", DnsFailure.Silent, "silent");
        _progress.Unanswered("b", DnsFailure.Silent, "silent");
        Assert.Empty(_feed.Failures);
        _progress.Unanswered("c", DnsFailure.Silent, "silent");
        Assert.Single(_feed.Failures);

        _progress.Answered("d");
        foreach (var service in (string[])["a", "b", "c"])
        {
            _progress.Unanswered(service, DnsFailure.Silent, "silent");
        }
        Assert.Single(_feed.Failures);
        Assert.Equal(1, _feed.Completions);
        _progress.Unanswered("d", DnsFailure.Silent, "silent");
        Assert.Equal(2, _feed.Failures.Count);
    }

    [Fact]
    public void Other_services_complete_anew()
    {
        _progress.Expect(["a"]);
        _progress.Answered("a");
        _progress.Expect(["a", "b"]);
        Assert.Equal(1, _feed.Completions);
        _progress.Answered("b");
        Assert.Equal(2, _feed.Completions);
        _progress.Expect(["a"]);
        Assert.Equal(3, _feed.Completions);
    }
}
