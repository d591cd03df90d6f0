using CsCheck;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Support;

namespace LoadBalancer.Core.Tests.Resilience;

public sealed class RequestQueueTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly SteppedClock _time = new();
    private readonly RequestQueue _queue;
    private readonly List<QueuedRequest> _granted = [];

    public RequestQueueTests() => _queue = new RequestQueue(2, 3, s_timeout, _time);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void A_place_is_taken_at_once_while_there_is_one()
    {
        var first = Enter(QueueAnswer.Entered);
        Enter(QueueAnswer.Entered);
        Assert.Equal((2, 0), (_queue.InUse, _queue.Waiting));
        _queue.Exit();
        _queue.Exit();
        Assert.Equal((0, 0), (_queue.InUse, first.Grants));
    }

    [Fact]
    public void Those_who_wait_are_served_in_order_of_arrival_and_nobody_passes_them()
    {
        var waiting = Fill();
        Assert.Equal(QueueAnswer.Full, _queue.Enter(new QueuedRequest().Entry, _time.GetTimestamp()));
        for (var i = 0; i < 3; i++)
        {
            _queue.Exit();
            Assert.False(_queue.TryEnter());
            Assert.Equal(waiting[..(i + 1)], _granted);
            Assert.Equal((2, 2 - i), (_queue.InUse, _queue.Waiting));
        }
        _queue.Exit();
        Assert.True(_queue.TryEnter());
    }

    [Fact]
    public void Who_left_is_skipped()
    {
        var waiting = Fill();
        Assert.True(_queue.Cancel(waiting[0].Entry));
        Assert.True(_queue.Cancel(waiting[1].Entry));
        Assert.False(_queue.Cancel(waiting[1].Entry));
        _queue.Exit();
        Assert.Equal([waiting[2]], _granted);
        Assert.False(_queue.Cancel(waiting[2].Entry));
        Assert.All(waiting, static request => Assert.Equal(0, request.Expiries));
    }

    [Fact]
    public void Who_waits_too_long_expires_and_gets_no_place()
    {
        var first = Fill(1)[0];
        _time.Advance(TimeSpan.FromSeconds(3));
        var second = Enter(QueueAnswer.Waiting);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((1, 0, 1), (first.Expiries, second.Expiries, _queue.Waiting));
        _queue.Exit();
        Assert.Equal([second], _granted);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 1, 1), (second.Expiries, first.Expiries, second.Grants));
        Assert.Equal((2, 0), (_queue.InUse, _queue.Waiting));
    }

    [Fact]
    public void An_entry_is_used_again_for_the_next_request_but_not_for_two_at_once()
    {
        var request = Fill(1)[0];
        Assert.Throws<InvalidOperationException>(() => _queue.Enter(request.Entry, 0));
        _queue.Exit();
        Assert.Equal(QueueAnswer.Waiting, _queue.Enter(request.Entry, _time.GetTimestamp()));
        _queue.Exit();
        Assert.Equal(2, request.Grants);
    }

    [Fact]
    public void A_higher_limit_is_handed_out_at_once_and_a_lower_one_takes_no_place_away()
    {
        var waiting = Fill();
        _queue.SetLimits(4, 3, s_timeout);
        Assert.Equal(waiting[..2], _granted);
        _queue.SetLimits(1, 3, s_timeout);
        Assert.Equal((4, 1), (_queue.InUse, _queue.Waiting));
        _queue.Exit();
        _queue.Exit();
        _queue.Exit();
        Assert.Equal((1, 1), (_queue.InUse, _queue.Waiting));
        _queue.Exit();
        Assert.Equal(waiting, _granted);
    }

    [Fact]
    public void A_shorter_timeout_holds_for_those_who_wait()
    {
        var request = Fill(1)[0];
        _queue.SetLimits(2, 3, TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, request.Expiries);
    }

    [Fact]
    public void When_it_is_closed_all_who_wait_expire_and_nobody_waits_any_more()
    {
        var waiting = Fill();
        _queue.Dispose();
        Assert.All(waiting, static request => Assert.Equal((0, 1), (request.Grants, request.Expiries)));
        Enter(QueueAnswer.Full);
        _queue.Exit();
        Enter(QueueAnswer.Entered);
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_it_does_what_a_plain_list_would() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 5]).Array[0, 120].Sample(static steps =>
        {
            var time = new SteppedClock();
            using var queue = new RequestQueue(2, 3, s_timeout, time);
            var granted = new List<QueuedRequest>();
            var all = new List<QueuedRequest>();
            // The model.
            var (max, inUse, number) = (2, 0, 0);
            var waiting = new List<(QueuedRequest Request, TimeSpan Arrived)>();
            var expected = new List<QueuedRequest>();
            var now = TimeSpan.Zero;
            void Grant()
            {
                for (; inUse < max && waiting.Count > 0; inUse++)
                {
                    expected.Add(waiting[0].Request);
                    waiting.RemoveAt(0);
                }
            }
            foreach (var (step, value) in steps)
            {
                switch (step)
                {
                    case < 4:
                        var request = new QueuedRequest(number++, granted);
                        all.Add(request);
                        var answer = queue.Enter(request.Entry, time.GetTimestamp());
                        Assert.Equal(inUse < max && waiting.Count == 0 ? QueueAnswer.Entered : waiting.Count < 3 ? QueueAnswer.Waiting : QueueAnswer.Full, answer);
                        inUse += answer == QueueAnswer.Entered ? 1 : 0;
                        if (answer == QueueAnswer.Waiting)
                        {
                            waiting.Add((request, now));
                        }
                        break;
                    case < 7 when inUse > 0:
                        queue.Exit();
                        inUse--;
                        Grant();
                        break;
                    case 7 when all.Count > 0:
                        var leaver = all[^Math.Min(all.Count, value + 1)];
                        Assert.Equal(waiting.RemoveAll(pair => pair.Request == leaver) == 1, queue.Cancel(leaver.Entry));
                        break;
                    case 8:
                        time.Advance(TimeSpan.FromSeconds(value));
                        now += TimeSpan.FromSeconds(value);
                        waiting.RemoveAll(pair => now - pair.Arrived >= s_timeout);
                        break;
                    case 9:
                        max = value + 1;
                        queue.SetLimits(max, 3, s_timeout);
                        Grant();
                        break;
                    default:
                        break;
                }
                Assert.Equal(expected, granted);
                Assert.Equal((inUse, waiting.Count), (queue.InUse, queue.Waiting));
                Assert.All(all, static request => Assert.InRange(request.Grants + request.Expiries, 0, 1));
            }
        }, iter: 3000);

    private List<QueuedRequest> Fill(int waiting = 3)
    {
        Enter(QueueAnswer.Entered);
        Enter(QueueAnswer.Entered);
        return [.. Enumerable.Range(0, waiting).Select(_ => Enter(QueueAnswer.Waiting))];
    }

    private QueuedRequest Enter(QueueAnswer expected)
    {
        var request = new QueuedRequest(granted: _granted);
        Assert.Equal(expected, _queue.Enter(request.Entry, _time.GetTimestamp()));
        return request;
    }
}
