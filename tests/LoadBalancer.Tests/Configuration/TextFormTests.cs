using System.Net;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Tests.Configuration;

public class TextFormTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("5s", 5_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1h2m3s4ms", 3_723_004)]
    [InlineData("90s", 90_000)]
    [InlineData("0s", 0)]
    [InlineData("1000h", 3_600_000_000)]
    public void ADurationIsReadAndWritten(string text, long milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
        Assert.True(Duration.TryParse(Duration.Format(value), out var again));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5s\n")]
    [InlineData("-5s")]
    [InlineData("1.5s")]
    [InlineData("5S")]
    [InlineData("1s1h")]
    [InlineData("1000h1ms")]
    [InlineData("\u0665s")]
    public void OtherTextsAreNoDuration(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(":80", "::", 80, ":80")]
    [InlineData("*:80", "::", 80, ":80")]
    [InlineData("[::]:80", "::", 80, ":80")]
    [InlineData("0.0.0.0:65535", "0.0.0.0", 65535, "0.0.0.0:65535")]
    [InlineData("localhost:1", "127.0.0.1", 1, "127.0.0.1:1")]
    [InlineData("[fe80::1]:80", "fe80::1", 80, "[fe80::1]:80")]
    public void ABindAddressIsReadAndWritten(string text, string address, int port, string written)
    {
        var bind = BindAddress.Parse(text);

        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), bind.EndPoint);
        Assert.Equal(written, bind.ToString());
        Assert.Equal(bind, BindAddress.Parse(written));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", "11.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.2")]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1")]
    [InlineData("fd00::/8", "fd12::1", "fe80::1")]
    [InlineData("0.0.0.0/0", "1.2.3.4", "::1")]
    public void ARangeContainsItsAddresses(string range, string inside, string outside)
    {
        var parsed = AddressRange.Parse(range);

        Assert.True(parsed.Contains(IPAddress.Parse(inside)));
        Assert.False(parsed.Contains(IPAddress.Parse(outside)));
    }

    [Theory]
    [InlineData("balanse", "balance")]
    [InlineData("Balance", "balance")]
    [InlineData("blaance", "balance")]
    [InlineData("listener", "listeners")]
    [InlineData("x", null)]
    [InlineData("frontend", null)]
    [InlineData("", null)]
    public void TheNearestWordIsFound(string written, string? expected) =>
        Assert.Equal(expected, Nearest.Of(written, ["bind", "balance", "listeners"]));

    [Fact]
    public void AVeryLongWordIsNearNothing() => Assert.Null(Nearest.Of(new string('b', 1_000_000), ["bind"]));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    public void DistanceCountsEdits(string first, string second, int distance) => Assert.Equal(distance, Nearest.Distance(first, second));

    [Theory]
    [InlineData("source")]
    [InlineData("path")]
    [InlineData("header:X-User")]
    [InlineData("cookie:session")]
    [InlineData("query:user[id]")]
    public void WhatToHashIsReadAndWritten(string text) => Assert.Equal(text, HashOn.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("Source")]
    [InlineData("source:")]
    [InlineData("header:")]
    [InlineData("header:X User")]
    [InlineData("header:X-User\n")]
    [InlineData("cookie:a;b")]
    [InlineData("query:a=b")]
    public void OtherTextsAreNothingToHash(string text) => Assert.False(HashOn.TryParse(text, null, out _));
}
