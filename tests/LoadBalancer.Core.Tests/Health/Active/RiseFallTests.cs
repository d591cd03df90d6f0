using CsCheck;
using LoadBalancer.Core.Health.Active;

namespace LoadBalancer.Core.Tests.Health.Active;

public class RiseFallTests
{
    [Theory]
    // A verdict after each check: "+" success, "-" failure, and what it is then.
    [InlineData(2, 3, true, "---", "UUD")]
    [InlineData(2, 3, true, "--+--+---", "UUUUUUUUD")]
    [InlineData(2, 3, false, "+-++", "DDDU")]
    [InlineData(1, 1, true, "-+-", "DUD")]
    [InlineData(3, 2, true, "--+++--", "UDDDUUD")]
    public void It_takes_so_many_in_a_row(int rise, int fall, bool isUp, string checks, string verdicts)
    {
        var count = new RiseFall(rise, fall, isUp);
        var seen = checks.Select(check =>
        {
            count.Count(check == '+');
            return count.IsUp ? 'U' : 'D';
        });
        Assert.Equal(verdicts, string.Concat(seen));
    }

    [Fact]
    public void It_is_undecided_while_the_last_check_contradicts_the_verdict()
    {
        var count = new RiseFall(2, 3, isUp: true);
        Assert.False(count.IsUndecided);
        foreach (var (isSuccess, isUndecided) in new[] { (true, false), (false, true), (false, true), (true, false), (false, true), (false, true), (false, false), (false, false), (true, true), (true, false) })
        {
            count.Count(isSuccess);
            Assert.Equal(isUndecided, count.IsUndecided);
        }
    }

    [Fact]
    public void The_verdict_follows_the_last_streak_that_was_long_enough() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Bool, Gen.Bool.Array[0, 60]).Sample((rise, fall, isUp, checks) =>
        {
            var count = new RiseFall(rise, fall, isUp);
            var (expected, streak) = (isUp, 0);
            for (var i = 0; i < checks.Length; i++)
            {
                streak = i > 0 && checks[i] == checks[i - 1] ? streak + 1 : 1;
                var before = expected;
                expected = streak >= (checks[i] ? rise : fall) ? checks[i] : expected;
                Assert.Equal(expected != before, count.Count(checks[i]));
                Assert.Equal(expected, count.IsUp);
            }
        });
}
