using LoadBalancer.Listeners;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Listeners;

public class ReminderTests
{
    [Fact]
    public void ItIsDueOncePerPeriod()
    {
        var time = new FakeTimeProvider();
        var reminder = new Reminder(TimeSpan.FromSeconds(10), time);
        Assert.Equal((true, false), (reminder.IsDue(), reminder.IsDue()));

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(reminder.IsDue());
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((true, false), (reminder.IsDue(), reminder.IsDue()));
    }
}
