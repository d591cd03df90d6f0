using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Core.Tests.Health.Active;

public class ActiveHealthTests
{
    private static readonly ActiveCheckOptions s_options = new() { Type = ActiveCheckType.Tcp };

    [Fact]
    public void Without_a_check_nothing_is_asked()
    {
        using var service = new CheckedService(null);
        Assert.Null(service.Fold(service.A, isNew: true));
        service.Pass(20);
        Assert.Empty(service.Checks);
    }

    [Fact]
    public void The_first_check_comes_at_once_and_never_in_the_call_that_starts_it()
    {
        using var service = new CheckedService(s_options);
        Assert.Null(service.Fold(service.A, isNew: true));
        Assert.Empty(service.Checks);
        service.Pass(0.21);
        Assert.Single(service.Checks[service.A].Asked);
        Assert.Equal("good", service.A.LastCheck);
    }

    [Fact]
    public void It_is_what_its_source_says_until_enough_checks_failed_and_again_when_enough_succeeded()
    {
        using var service = new CheckedService(s_options);
        service.Fold(service.A);
        service.Pass(0.21);
        var check = service.Checks[service.A];
        check.Says = ScriptedCheck.Bad;
        var before = check.Asked.Count;
        while (service.Fold(service.A) is null)
        {
            service.Pass(0.01);
        }
        Assert.Equal(before + 3, check.Asked.Count);
        Assert.Equal(["a: bad"], service.Take());
        Assert.Equal("bad", service.Fold(service.A));

        check.Says = ScriptedCheck.Good;
        before = check.Asked.Count;
        while (service.Fold(service.A) is not null)
        {
            service.Pass(0.01);
        }
        Assert.Equal(before + 2, check.Asked.Count);
        Assert.Equal(["a: up"], service.Take());
    }

    [Fact]
    public void A_warning_is_no_success()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Checks[service.A].Says = new CheckResult(CheckStatus.Warning, "so so\nmore");
        service.Pass(6);
        Assert.Equal("so so", service.Fold(service.A));
    }

    [Fact]
    public void The_interval_is_kept_within_a_tenth_and_the_fast_one_while_undecided()
    {
        using var service = new CheckedService(s_options with { Fall = 100 });
        service.Fold(service.A);
        service.Pass(200);
        var check = service.Checks[service.A];
        // The first gap spreads; the clock steps by 10 ms.
        Assert.InRange(check.Gaps[0], TimeSpan.Zero, TimeSpan.FromSeconds(5.02));
        Assert.All(check.Gaps.Skip(1), static gap => Assert.InRange(gap, TimeSpan.FromSeconds(4.5), TimeSpan.FromSeconds(5.52)));
        Assert.True(check.Gaps.Skip(1).Distinct().Count() > 10, "there is jitter");

        check.Says = ScriptedCheck.Bad;
        service.Pass(6);
        var fast = check.Asked.Count;
        service.Pass(20);
        Assert.All(check.Gaps.Skip(fast - 1), static gap => Assert.InRange(gap, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(1.12)));
        Assert.InRange(check.Asked.Count - fast, 17, 23);
    }

    [Theory]
    [InlineData(5000, null, 1000)]
    [InlineData(400, null, 400)]
    [InlineData(5000, 50, 50)]
    public void The_fast_interval_is_a_second_unless_the_interval_is_shorter(int interval, int? fast, int inForce) => Assert.Equal(
        TimeSpan.FromMilliseconds(inForce),
        (s_options with { Interval = TimeSpan.FromMilliseconds(interval), FastInterval = fast is null ? null : TimeSpan.FromMilliseconds(fast.Value) }).FastIntervalInForce);

    [Fact]
    public void Endpoints_that_appear_together_are_spread_over_the_interval()
    {
        using var service = new CheckedService(s_options);
        var endpoints = Enumerable.Range(0, 500).Select(i => new Endpoint(service.A.Service, new EndpointId("n", $"{i}"), "host", 80)).ToList();
        foreach (var endpoint in endpoints)
        {
            service.Fold(endpoint, isNew: true);
        }
        service.Pass(0.21);
        Assert.Equal(500, service.Checks.Count);
        service.Pass(5.2);
        var seconds = endpoints.Select(endpoint => service.Checks[endpoint].Asked[1]).CountBy(static at => (int)at.TotalSeconds).ToDictionary();
        Assert.All(Enumerable.Range(0, 5), second => Assert.InRange(seconds[second], 60, 140));
    }

    [Fact]
    public async Task A_check_that_takes_long_is_not_overtaken_by_the_next()
    {
        using var service = new CheckedService(s_options);
        service.Fold(service.A);
        service.Pass(0.21);
        var check = service.Checks[service.A];
        var answer = new TaskCompletionSource();
        check.Gate = answer.Task;
        service.Pass(60);
        Assert.Equal(2, check.Asked.Count);
        answer.SetResult();
        await Eventually.True(() => PassUntil(service, () => check.Asked.Count > 2), "it goes on");
        Assert.Equal(1, check.MostAtOnce);
    }

    [Fact]
    public async Task Checks_under_way_are_bounded_and_the_others_wait_their_turn()
    {
        using var service = new CheckedService(s_options with { Type = ActiveCheckType.Command });
        var answer = new TaskCompletionSource();
        service.Gate = answer.Task;
        foreach (var endpoint in Enumerable.Range(0, 40).Select(i => new Endpoint(service.A.Service, new EndpointId("n", $"{i}"), "host", 80)))
        {
            service.Fold(endpoint, isNew: true);
        }
        service.Pass(60);
        Assert.Equal(32, service.Checks.Count);
        answer.SetResult();
        await Eventually.True(() => service.Checks.Count == 40, "all have had their turn");
    }

    [Fact]
    public void A_shortage_of_the_balancer_says_nothing_of_the_endpoint()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Checks[service.A].Says = ScriptedCheck.Bad with { IsShortage = true };
        service.Pass(30);
        Assert.Null(service.Fold(service.A));
        Assert.Contains("not checked", service.A.LastCheck, StringComparison.Ordinal);

        service.Checks[service.A].Says = ScriptedCheck.Bad;
        service.Pass(6);
        Assert.Equal("bad", service.Fold(service.A));
        service.Checks[service.A].Says = ScriptedCheck.Good with { IsShortage = true };
        service.Pass(30);
        Assert.Equal("bad", service.Fold(service.A));
    }

    [Fact]
    public void A_new_one_that_starts_down_is_out_until_its_first_success()
    {
        using var service = new CheckedService(s_options with { Initial = InitialVerdict.Down });
        Assert.Equal("not checked yet", service.Fold(service.A, isNew: true));
        service.Pass(0.21);
        Assert.Null(service.Fold(service.A));
        Assert.Equal(["a: up"], service.Take());
    }

    [Fact]
    public void One_that_starts_down_and_fails_takes_as_many_successes_as_any()
    {
        using var service = new CheckedService(s_options with { Initial = InitialVerdict.Down }) { First = ScriptedCheck.Bad };
        service.Fold(service.A, isNew: true);
        service.Pass(0.21);
        Assert.Equal("bad", service.Fold(service.A));
        var check = service.Checks[service.A];
        check.Says = ScriptedCheck.Good;
        while (service.Fold(service.A) is not null)
        {
            service.Pass(0.01);
        }
        Assert.Equal(1 + 2, check.Asked.Count);
    }

    [Fact]
    public void One_that_serves_is_not_taken_out_because_checks_are_turned_on()
    {
        using var service = new CheckedService(s_options with { Initial = InitialVerdict.Down });
        Assert.Null(service.Fold(service.A, isNew: false));
    }

    [Fact]
    public void No_check_begins_after_the_endpoint_left()
    {
        using var service = new CheckedService(s_options);
        service.Fold(service.A);
        service.Fold(service.B);
        service.Pass(10);
        var (left, stays) = (service.Checks[service.A], service.Checks[service.B]);
        service.Health.Forget(service.A);
        var (before, others) = (left.Asked.Count, stays.Asked.Count);
        service.Pass(30);
        Assert.Equal(before, left.Asked.Count);
        Assert.True(stays.Asked.Count > others);
        Assert.Null(service.A.LastCheck);
    }

    [Fact]
    public void A_check_under_way_is_abandoned_when_the_endpoint_leaves()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        var check = service.Checks[service.A];
        var answer = new TaskCompletionSource();
        (check.Gate, check.Says) = (answer.Task, ScriptedCheck.Bad);
        service.Pass(6);
        service.Health.Forget(service.A);
        answer.SetResult();
        service.Pass(30);
        Assert.Equal(2, check.Asked.Count);
        Assert.Empty(service.Take());
        Assert.Null(service.Fold(service.A, isNew: true));
    }

    [Fact]
    public void A_report_that_comes_after_the_endpoint_left_is_not_taken()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Withheld = [];
        service.Checks[service.A].Says = ScriptedCheck.Bad;
        service.Pass(6);
        var (monitor, failure) = Assert.Single(service.Withheld);
        service.Health.Forget(service.A);
        Assert.False(service.Health.Take(monitor, failure));
        service.Fold(service.A, isNew: true);
        Assert.False(service.Health.Take(monitor, failure));
        Assert.Null(service.Fold(service.A));
    }

    [Fact]
    public void Turned_off_the_verdict_is_gone_at_once()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Checks[service.A].Says = ScriptedCheck.Bad;
        service.Pass(6);
        Assert.Equal("bad", service.Fold(service.A));
        service.Use(null);
        Assert.Null(service.Fold(service.A));
        Assert.Null(service.A.LastCheck);
        var asked = service.Checks[service.A].Asked.Count;
        service.Pass(30);
        Assert.Equal(asked, service.Checks[service.A].Asked.Count);
    }

    [Fact]
    public void Other_options_start_the_counting_anew_and_keep_the_verdict_until_it_differs()
    {
        using var service = new CheckedService(s_options);
        service.Fold(service.A);
        service.Fold(service.B);
        service.Pass(0.21);
        service.Checks[service.A].Says = ScriptedCheck.Bad;
        service.Pass(10);
        Assert.Equal("bad", service.Fold(service.A));
        var former = service.Checks[service.A];

        service.Use(s_options with { Rise = 3 });
        Assert.Equal("bad", service.Fold(service.A));
        Assert.Null(service.Fold(service.B));
        service.Pass(0.21);
        Assert.NotSame(former, service.Checks[service.A]);
        Assert.Equal("bad", service.Fold(service.A));
        service.Pass(2.3);
        Assert.Null(service.Fold(service.A));
        Assert.Equal(3, service.Checks[service.A].Asked.Count);
    }

    [Fact]
    public void Down_by_the_former_options_it_is_down_for_what_the_new_ones_find()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Checks[service.A].Says = ScriptedCheck.Bad;
        service.Pass(6);
        service.First = ScriptedCheck.Bad with { Summary = "worse" };
        service.Use(s_options);
        Assert.Equal("bad", service.Fold(service.A));
        service.Pass(0.21);
        Assert.Equal("worse", service.Fold(service.A));
    }

    [Fact]
    public void The_same_options_read_again_change_nothing()
    {
        static ActiveCheckOptions Read() => s_options with { Statuses = [new StatusRange(200, 299)], Command = ["a", "b"] };
        using var service = new CheckedService(Read());
        service.Fold(service.A);
        service.Pass(0.21);
        var check = service.Checks[service.A];
        service.Use(Read());
        service.Pass(6);
        Assert.Same(check, service.Checks[service.A]);
        service.Use(Read(), UpstreamProtocol.H2c);
        service.Pass(6);
        Assert.NotSame(check, service.Checks[service.A]);
        check = service.Checks[service.A];
        service.Use(Read(), UpstreamProtocol.H2c, ProxyProtocolVersion.V1);
        service.Pass(6);
        Assert.NotSame(check, service.Checks[service.A]);
    }

    [Fact]
    public void A_check_that_throws_has_failed_and_goes_on()
    {
        using var service = new CheckedService(s_options with { Fall = 1 });
        service.Fold(service.A);
        service.Pass(0.21);
        service.Checks[service.A].Gate = Task.FromException(new InvalidDataException("broken\u001b[2J"));
        service.Pass(6);
        Assert.Equal("broken?[2J", service.Fold(service.A));
        service.Checks[service.A].Gate = Task.CompletedTask;
        service.Pass(10);
        Assert.Null(service.Fold(service.A));
    }

    private static bool PassUntil(CheckedService service, Func<bool> condition)
    {
        service.Pass(1);
        return condition();
    }
}
