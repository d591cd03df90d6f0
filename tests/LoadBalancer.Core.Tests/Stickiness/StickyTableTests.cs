using System.Text;
using CsCheck;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Core.Tests.Support;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Stickiness;

public class StickyTableTests
{
    [Fact]
    public void Balancers_agree_on_a_token_across_restarts_and_addresses_and_by_secret()
    {
        var token = TokenOf(new StickyOptions(), Up("a"));
        Assert.Equal(token, TokenOf(new StickyOptions { Cookie = "other" }, Up("b"), Up("a") with { Host = "elsewhere.test", Port = 81 }));
        Assert.NotEqual(token, TokenOf(new StickyOptions { Secret = "0123456789abcdef" }, Up("a")));
        Assert.NotEqual(token, TokenOf(new StickyOptions(), "API2", Up("a")));
        Assert.Equal(token, TokenOf(new StickyOptions(), "API", Up("a")));
        // Cookies outlive releases.
        Assert.Equal(0xA4B34EA56826A109UL, token);
    }

    [Fact]
    public void The_default_name_of_the_cookie_follows_from_the_service_alone()
    {
        using var world = Of(new StickyOptions(), Up("a"));
        var table = world["api"].Snapshot.Sticky!;
        Assert.Equal("lb-c93a1335", table.Cookie);
        Assert.Equal(table.Cookie, Encoding.ASCII.GetString(table.CookieBytes));
    }

    [Fact]
    public void The_cookie_says_what_the_options_say()
    {
        Assert.Equal("s=000000000000002a; Path=/; HttpOnly; SameSite=Lax", SetCookie(new StickyOptions { Cookie = "s" }, isTls: false));
        Assert.Equal("s=000000000000002a; Path=/; HttpOnly; SameSite=Lax; Secure", SetCookie(new StickyOptions { Cookie = "s" }, isTls: true));
        Assert.Equal(
            "s=000000000000002a; Path=/x; Domain=example.com; Max-Age=90; SameSite=None; Secure",
            SetCookie(new StickyOptions { Cookie = "s", Path = "/x", Domain = "example.com", Lifetime = TimeSpan.FromSeconds(90), HttpOnly = false, SameSite = SameSite.None, Secure = SecureCookie.Always }, isTls: false));
        Assert.Equal("s=000000000000002a; Path=/; HttpOnly; SameSite=Strict", SetCookie(new StickyOptions { Cookie = "s", Secure = SecureCookie.Never, SameSite = SameSite.Strict }, isTls: true));
    }

    [Theory]
    [InlineData("s=000000000000002a", 42UL)]
    [InlineData("a=b; s=000000000000002A", 42UL)]
    [InlineData("s=junk; s=000000000000002a", 42UL)]
    [InlineData("s=2a", null)]
    [InlineData("s=+00000000000002a", null)]
    [InlineData("s= 00000000000002a", null)]
    [InlineData("s=0000000000000002a", null)]
    [InlineData("s=", null)]
    public void A_token_is_sixteen_hexadecimal_digits(string field, ulong? token)
    {
        using var world = Of(new StickyOptions { Cookie = "s" }, Up("a"));
        var table = world["api"].Snapshot.Sticky!;
        Assert.Equal(token, table.Read(field));
        Assert.Equal(token, table.Read(Encoding.ASCII.GetBytes(field)));
    }

    [Fact]
    public void No_cookie_breaks_it_and_none_that_was_not_given_out_names_an_endpoint()
    {
        using var world = Of(new StickyOptions { Cookie = "s" }, Up("a"), Up("b"));
        var table = world["api"].Snapshot.Sticky!;
        var value = Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789abcdefABCDEFx +-"], 15, 17]);
        Gen.Select(Gen.String, value).Sample((before, value) =>
        {
            var field = $"{before}; s={value}";
            var token = table.Read(field);
            Assert.Equal(token, table.Read(Encoding.Latin1.GetBytes(field)));
            Assert.True(token is null || table.Find(token.Value, "") is null, field);
        }, iter: 20_000);
    }

    private static ulong TokenOf(StickyOptions options, params ReadOnlySpan<ObservedEndpoint> endpoints) => TokenOf(options, "api", endpoints);

    private static ulong TokenOf(StickyOptions options, string service, params ReadOnlySpan<ObservedEndpoint> endpoints)
    {
        using var world = new TestCatalog(new CatalogOptions { PolicyFor = _ => new ServicePolicy { Sticky = options } });
        world.Open().Observe(service, Seen(endpoints));
        var snapshot = world[service].Snapshot;
        return snapshot.Sticky!.TokenOf(snapshot.Endpoints.Single(static state => state.Endpoint.Id.ServiceId == "a").Endpoint);
    }

    private static string SetCookie(StickyOptions options, bool isTls)
    {
        using var world = Of(options, Up("a"));
        return world["api"].Snapshot.Sticky!.SetCookie(42, isTls);
    }

    private static TestCatalog Of(StickyOptions options, params ReadOnlySpan<ObservedEndpoint> endpoints) =>
        TestCatalog.Of(new ServicePolicy { Sticky = options }, endpoints);
}
