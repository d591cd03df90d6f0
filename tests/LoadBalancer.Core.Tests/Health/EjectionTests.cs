using LoadBalancer.Core.Health;

namespace LoadBalancer.Core.Tests.Health;

public class EjectionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 16)]
    [InlineData(6, 30)]
    [InlineData(7, 30)]
    [InlineData(int.MaxValue, 30)]
    public void It_grows_and_is_bounded(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Ejection.TimeAfter(failures));
}
