using CsCheck;
using LoadBalancer.Registry.Http;

namespace LoadBalancer.Registry.Tests.Http;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("10s", 10_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("250ms", 250)]
    [InlineData("2000us", 2)]
    [InlineData("2000µs", 2)]
    [InlineData("3000000ns", 3)]
    [InlineData("-5s", -5_000)]
    [InlineData("+.5s", 500)]
    public void It_reads_what_Go_reads(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5d")]
    [InlineData("1..5s")]
    [InlineData(".s")]
    [InlineData("999999999999h")]
    public void It_refuses_what_Go_refuses(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void It_survives_anything() => Gen.OneOf(Gen.String, Gen.String[Gen.Char["-+0123456789.nuµmsh"], 0, 20]).Sample(text =>
    {
        _ = GoDuration.TryParse(text, out _);
    });
}
