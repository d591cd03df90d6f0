using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Core.Tests.Health.Checks;

public class StatusRangeTests
{
    [Theory]
    [InlineData("204", 204, 204)]
    [InlineData("200-399", 200, 399)]
    [InlineData("100-599", 100, 599)]
    [InlineData("200-200", 200, 200)]
    public void It_is_a_status_or_two(string text, int first, int last)
    {
        var range = StatusRange.Parse(text);
        Assert.Equal(new StatusRange(first, last), range);
        Assert.True(StatusRange.TryParse(text, null, out var same));
        Assert.Equal(range, same);
        Assert.Equal(range, StatusRange.Parse(range.ToString()));
        Assert.Equal((false, true, true, false), (range.Contains(first - 1), range.Contains(first), range.Contains(last), range.Contains(last + 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2xx")]
    [InlineData("99")]
    [InlineData("600")]
    [InlineData("0200")]
    [InlineData("+20")]
    [InlineData("200-")]
    [InlineData("-399")]
    [InlineData("200 - 399")]
    [InlineData("200-300-399")]
    [InlineData("399-200")]
    [InlineData("٢٠٠")]
    public void Anything_else_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => StatusRange.Parse(text));
        Assert.False(StatusRange.TryParse(text, null, out _));
    }
}
