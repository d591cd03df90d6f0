using System.Net;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Http;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LoadBalancer.Tests.Http;

public class RequestKeyTests
{
    private static readonly TrustedNetworks s_trusted = new([AddressRange.Parse("10.0.0.0/8")]);

    [Theory]
    [InlineData("192.0.2.1", new string[0], "192.0.2.1")]
    [InlineData("192.0.2.1", new[] { "203.0.113.9" }, "192.0.2.1")] // whoever is not trusted may write what he likes
    [InlineData("10.0.0.1", new string[0], "10.0.0.1")]
    [InlineData("10.0.0.1", new[] { "203.0.113.9" }, "203.0.113.9")]
    [InlineData("::ffff:10.0.0.1", new[] { "203.0.113.9" }, "203.0.113.9")]
    [InlineData("10.0.0.1", new[] { "198.51.100.1, 203.0.113.9, 10.0.0.2" }, "203.0.113.9")]
    [InlineData("10.0.0.1", new[] { "198.51.100.1, 203.0.113.9", "10.0.0.3,10.0.0.2" }, "203.0.113.9")]
    [InlineData("10.0.0.1", new[] { "10.0.0.3, 10.0.0.2" }, "10.0.0.3")]
    [InlineData("10.0.0.1", new[] { "2001:db8::1" }, "2001:db8::1")]
    [InlineData("10.0.0.1", new[] { "203.0.113.9, unknown" }, null)]
    [InlineData(null, new[] { "203.0.113.9" }, null)] // a Unix socket
    public void TheSourceIsTheClientBehindTrustedProxies(string? peer, string[] forwarded, string? expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = peer is null ? null : IPAddress.Parse(peer);
        context.Request.Headers["X-Forwarded-For"] = forwarded;
        var address = expected is null ? null : IPAddress.Parse(expected);

        Assert.Equal(address, ClientAddress.Of(context, s_trusted));
        Assert.Equal(KeyHash.Of(address), RequestKey.HashOf(context, HashKey.Source, s_trusted));
    }

    [Theory]
    [InlineData("header:X-User", "ann")]
    [InlineData("header:x-user", "ann")]
    [InlineData("header:X-Empty", null)]
    [InlineData("header:X-None", null)]
    [InlineData("cookie:session", "s1")]
    [InlineData("cookie:late", "l1")]
    [InlineData("cookie:none", null)]
    [InlineData("path", "/a%2Fb/c")]
    [InlineData("query:user", "u%201")]
    [InlineData("query:none", null)]
    public void EveryKindOfKeyIsTakenFromItsPlace(string hashOn, string? expected)
    {
        var context = new DefaultHttpContext();
        var request = context.Request;
        request.Headers["X-User"] = new[] { "ann", "bob" };
        request.Headers["X-Empty"] = "";
        request.Headers.Cookie = new[] { "theme=dark; session=s1", "late=l1" };
        request.QueryString = new QueryString("?a=1&user=u%201");
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/a%2Fb/c?a=1&user=u%201";

        Assert.Equal(KeyHash.Of(expected), RequestKey.HashOf(context, HashOn.Parse(hashOn).Key, s_trusted));
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a?b=/c", "/a")]
    [InlineData("http://example.com/a?b", "/a")]
    [InlineData("http://example.com?b", "/")]
    [InlineData("http://example.com", "/")]
    public void ThePathIsTheSameInEveryFormOfTheTarget(string target, string path) => Assert.Equal(path, RequestTarget.PathOf(target).ToString());
}
