using LoadBalancer.Core.Health;

namespace LoadBalancer.Core.Tests.Health;

public class StatusRangeTests
{
    [Theory]
    [InlineData("503", 503, 503)]
    [InlineData("5xx", 500, 599)]
    [InlineData("4XX", 400, 499)]
    [InlineData("502-504", 502, 504)]
    [InlineData("100-599", 100, 599)]
    public void A_status_a_class_or_a_range_is_read_and_written(string text, int first, int last)
    {
        var range = StatusRange.Parse(text, null);
        Assert.Equal(new StatusRange(first, last), range);
        Assert.Equal(text.ToLowerInvariant(), range.ToString());
        Assert.Equal((false, true, true, false), (range.Contains(first - 1), range.Contains(first), range.Contains(last), range.Contains(last + 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("99")]
    [InlineData("600")]
    [InlineData("6xx")]
    [InlineData("0xx")]
    [InlineData("5x")]
    [InlineData("0503")]
    [InlineData(" 503")]
    [InlineData("504-502")]
    [InlineData("500-")]
    [InlineData("-500")]
    [InlineData("500-5xx")]
    [InlineData("200-300-399")]
    [InlineData("٢٠٠")]
    public void Anything_else_is_refused_with_the_remedy(string text)
    {
        Assert.False(StatusRange.TryParse(text, null, out _));
        Assert.Contains("\"5xx\"", Assert.Throws<FormatException>(() => StatusRange.Parse(text, null)).Message, StringComparison.Ordinal);
    }
}
