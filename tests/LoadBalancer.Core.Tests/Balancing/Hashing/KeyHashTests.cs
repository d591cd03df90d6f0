using System.Net;
using LoadBalancer.Core.Balancing.Hashing;

namespace LoadBalancer.Core.Tests.Balancing.Hashing;

public class KeyHashTests
{
    [Fact]
    public void It_is_XxHash64_with_seed_0_for_good()
    {
        // The reference value of the algorithm's own documentation for "abc"; another one would move every key of every balancer.
        Assert.Equal(0x44BC2CF5AD770999UL, KeyHash.Of("abc"));
        Assert.Equal(KeyHash.Of("abc"), KeyHash.Of("abc"u8));
    }

    [Fact]
    public void Long_and_short_texts_are_the_bytes_that_came()
    {
        for (var length = 1; length < 600; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(static i => (byte)i).ToArray();
            Assert.Equal(KeyHash.Of(bytes), KeyHash.Of(new string([.. bytes.Select(static b => (char)b)])));
        }
    }

    [Fact]
    public void Nothing_is_no_key()
    {
        Assert.Null(KeyHash.Of(""));
        Assert.Null(KeyHash.Of(ReadOnlySpan<byte>.Empty));
        Assert.Null(KeyHash.Of((IPAddress?)null));
    }

    [Fact]
    public void An_IPv4_address_is_the_same_in_IPv6_form()
    {
        var address = IPAddress.Parse("10.1.2.3");
        Assert.Equal(KeyHash.Of(address), KeyHash.Of(address.MapToIPv6()));
        Assert.NotEqual(KeyHash.Of(address), KeyHash.Of(IPAddress.Parse("10.1.2.4")));
        Assert.NotEqual(KeyHash.Of(IPAddress.Parse("fd00::1")), KeyHash.Of(IPAddress.Parse("fd00::2")));
    }

    [Theory]
    [InlineData("session=abc", "abc")]
    [InlineData("a=1; session=abc; b=2", "abc")]
    [InlineData("a=1;session=a=b", "a=b")]
    [InlineData("xsession=1; session=abc", "abc")]
    [InlineData("session=abc; session=def", "abc")]
    [InlineData("session=\"q\"", "\"q\"")]
    [InlineData("Session=abc", null)]
    [InlineData("session=", null)]
    [InlineData("session", null)]
    [InlineData("sessions=1", null)]
    [InlineData("", null)]
    public void Cookies(string field, string? value) => Assert.Equal(KeyHash.Of(value), KeyHash.OfCookie(field, "session"));

    [Theory]
    [InlineData("?user=abc", "abc")]
    [InlineData("user=abc", "abc")]
    [InlineData("?a=1&user=a%20b&b=2", "a%20b")]
    [InlineData("?user=abc&user=def", "abc")]
    [InlineData("?user=a=b", "a=b")]
    [InlineData("?&&user=x", "x")]
    [InlineData("?auser=1", null)]
    [InlineData("?user", null)]
    [InlineData("?user=", null)]
    [InlineData("?", null)]
    [InlineData("", null)]
    public void Query_parameters(string query, string? value) => Assert.Equal(KeyHash.Of(value), KeyHash.OfQuery(query, "user"));
}
