using System.Diagnostics;
using LoadBalancer.Comparison.Load;

namespace LoadBalancer.Comparison.Tests.Load;

public class ScheduleTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void At_a_rate_requests_are_due_at_even_times_however_late_they_are_taken()
    {
        var schedule = new Schedule(start: 1000, s_second, rate: 4);
        List<long?> due = [];
        for (var i = 0; i < 5; i++)
        {
            due.Add(schedule.Next(now: 1000 + (10 * Stopwatch.Frequency)));
            schedule.Take();
        }

        var quarter = Stopwatch.Frequency / 4;
        Assert.Equal([1000, 1000 + quarter, 1000 + (2 * quarter), 1000 + (3 * quarter), null], due);
    }

    [Fact]
    public void Without_a_rate_a_request_is_due_at_once_until_the_end()
    {
        var schedule = new Schedule(start: 0, s_second, rate: null);

        Assert.Equal(7, schedule.Next(now: 7));
        Assert.Null(schedule.Next(now: Stopwatch.Frequency));
        Assert.Null(schedule.Total);
    }
}
