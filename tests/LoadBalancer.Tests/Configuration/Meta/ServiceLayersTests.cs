using System.Globalization;
using CsCheck;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>What comes of meta, between <c>*</c> and the service's own entry.</summary>
public sealed class ServiceLayersTests
{
    private static readonly CatalogOptions s_nothing = MetaSamples.Options("{}");

    [Fact]
    public void MetaSetsOptionsOfAnyDepth()
    {
        var policy = s_nothing.Policy(("lb-balance", "hash"), ("lb-hashOn", "header:X-User"), ("lb-timeouts-connect", "250ms"), ("lb-retry-attempts", "0"), ("lb-rateLimit-rate", "2.5"), ("lb-rateLimit-per", "client"));

        Assert.Equal(
            new ServicePolicy
            {
                Balance = BalanceAlgorithm.Hash,
                HashOn = new HashKey(HashKeyKind.Header, "X-User"),
                Timeouts = new TimeoutOptions { Connect = TimeSpan.FromMilliseconds(250) },
                Retry = policy.Retry with { Attempts = 0 },
                Guard = new GuardOptions { RateLimit = new RateLimitOptions { Rate = 2.5, Per = RateLimitPer.Client } },
            },
            policy);
    }

    [Fact]
    public void AnObjectIsWrittenAsJsonOrPartByPart()
    {
        var parts = s_nothing.Policy(("lb-limits-maxRequests", "10"), ("lb-limits-queue", "5"));

        Assert.Equal(parts, s_nothing.Policy(("lb-limits", """{ "maxRequests": 10, "queue": 5 }""")));
        Assert.Equal(parts, s_nothing.Policy(("lb-limits", """{ "maxRequests": 10 }"""), ("lb-limits-queue", "5")));
        Assert.NotNull(s_nothing.Policy(("lb-breaker", "{}")).Guard!.Breaker);
    }

    [Fact]
    public void TheEntryOfTheServiceComesFirstThenMetaThenTheStar()
    {
        var options = MetaSamples.Options("""
            {
              "*":   { "balance": "first", "retry": { "attempts": 3 }, "timeouts": { "connect": "1s" }, "rateLimit": { "rate": 5, "burst": 50 } },
              "Api": { "retry": { "attempts": 2 }, "rateLimit": { "rate": 7 } }
            }
            """);

        var reading = options.Read(("lb-balance", "random"), ("lb-retry-attempts", "0"), ("lb-rateLimit-per", "client"));

        Assert.Equal((BalanceAlgorithm.Random, 2, TimeSpan.FromSeconds(1)), (reading.Policy!.Balance, reading.Policy.Retry.Attempts, reading.Policy.Timeouts.Connect));
        Assert.Equal(new RateLimitOptions { Rate = 7, Burst = 50, Per = RateLimitPer.Client }, reading.Policy.Guard!.RateLimit);
        Assert.Equal(["lb-retry-attempts: services.api.retry.attempts of lb.json is in force instead"], reading.Problems);
    }

    [Fact]
    public void TheEntryOfTheServiceTurnsOffWhatMetaTurnsOn()
    {
        var reading = MetaSamples.Options("""{ "api": { "rateLimit": null } }""").Read(("lb-rateLimit-rate", "5"), ("lb-limits-maxRequests", "5"));

        Assert.Null(reading.Policy!.Guard!.RateLimit);
        Assert.NotNull(reading.Policy.Guard.Queue);
        Assert.Equal(["lb-rateLimit-rate: services.api.rateLimit.rate of lb.json is in force instead"], reading.Problems);
    }

    [Fact]
    public void MetaTurnsOffWhatTheStarTurnsOn() =>
        Assert.Null(MetaSamples.Options("""{ "*": { "rateLimit": { "rate": 5 } } }""").Policy(("lb-rateLimit", "null")).Guard);

    [Fact]
    public void WithoutSettingsALayerIsTheConfiguration()
    {
        var options = MetaSamples.Options("""{ "*": { "retry": { "attempts": 3 } }, "api": { "balance": "first", "limits": { "maxRequests": 4 } }, "web": { "retry": { "attempts": 0 } } }""");

        Assert.Equal(options.PolicyFor("api"), options.Policy());
        Assert.Equal(options.PolicyFor("web"), options.ReadMeta!("WEB", Core.Model.Meta.MetaSettings.None).Policy);
        Assert.Equal(options.PolicyFor("other"), options.ReadMeta!("other", Core.Model.Meta.MetaSettings.None).Policy);
    }

    [Theory]
    [InlineData("lb-balanse", "random", "lb-balanse: unknown key; did you mean \"lb-balance\"?")]
    [InlineData("lb-rate-limit-rate", "5", "lb-rate-limit-rate: unknown key; did you mean \"lb-rateLimit-rate\"?")]
    [InlineData("lb-balance", "leastconn", "lb-balance: found the text \"leastconn\"; expected \"roundRobin\", \"leastRequest\", \"leastConnections\", \"random\", \"first\", \"hash\" or \"peakEwma\"")]
    [InlineData("lb-balance", "randon", "lb-balance: unknown value \"randon\"; did you mean \"random\"?")]
    [InlineData("lb-retry-attempts", "many", "lb-retry-attempts: found the text \"many\"; expected a whole number from 0 to 7, for example 1")]
    [InlineData("lb-retry-attempts", "9", "lb-retry-attempts: found the number 9; expected a whole number from 0 to 7, for example 1")]
    [InlineData("lb-retry-attempts", "null", "lb-retry-attempts: null is not allowed here; leave the key out, or write a whole number from 0 to 7, for example 1")]
    [InlineData("lb-timeouts-connect", "2", "lb-timeouts-connect: found the text \"2\"; expected a duration from 1ms to 10m with its unit (ms, s, m or h), for example 2s")]
    [InlineData("lb-hashOn", "header", "lb-hashOn: a name is missing; write \"source\", \"path\", \"header:X-User\", \"cookie:session\" or \"query:user\"")]
    [InlineData("lb-hashBalanceFactor", "0.5", "lb-hashBalanceFactor: below 1 there is no room for all requests; write 1.25, or 0 for no bound")]
    [InlineData("lb-rateLimit-burst", "5", "lb-rateLimit-rate: missing; expected a number from 0.001 to 1000000, for example 0.5")]
    [InlineData("lb-rateLimit", "5", "lb-rateLimit: found the text \"5\"; expected an object, for example { \"rate\": 0.5 }")]
    [InlineData("lb-rateLimit", "{ \"rate\": 5", "lb-rateLimit: found the text \"{ \"rate\": 5\"; expected an object, for example { \"rate\": 0.5 }")]
    [InlineData("lb-rateLimit", "{ \"rate\": 5, \"bust\": 1 }", "lb-rateLimit-bust: unknown key; did you mean \"burst\"?")]
    [InlineData("lb-source", "static", "lb-source: only lb.json can set it; write it as services.api.source there")]
    public void WhatIsWrongIsSaidAndNothingOfItCounts(string key, string value, string problem)
    {
        var reading = s_nothing.Read((key, value), ("lb-timeouts-idle", "5s"));

        Assert.Null(reading.Policy);
        Assert.Equal([problem], reading.Problems);
    }

    [Fact]
    public void AllThatIsWrongIsSaidAtOnce() =>
        Assert.Equal(3, s_nothing.Read(("lb-retry-attempts", "x"), ("lb-balanse", "random"), ("lb-breaker", "{")).Problems.Length);

    [Theory]
    [InlineData("lb-retry-attempts", "1", "LB_RETRY_ATTEMPTS", "2")]
    [InlineData("lb-limits", "{ \"maxRequests\": 1, \"queue\": 3 }", "lb-limits-queue", "2")]
    [InlineData("lb-limits", "null", "lb-limits-queue", "2")]
    public void WhatIsGivenTwiceIsRefused(string first, string value, string second, string other)
    {
        var reading = s_nothing.Read((first, value), (second, other));

        Assert.Null(reading.Policy);
        Assert.Contains(reading.Problems, problem => problem.EndsWith(": is given twice, the other time by itself or as a part of another key; keep one", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatDoesNotGoTogetherWithTheEntryIsRefused()
    {
        var reading = MetaSamples.Options("""{ "api": { "breaker": { "openFor": "10s" } } }""").Read(("lb-breaker", """{ "openFor": "1s", "openForMax": "2s" }"""));

        Assert.Null(reading.Policy);
        Assert.Equal(["does not go together with services.api of lb.json: breaker.openForMax: is shorter than openFor"], reading.Problems);
    }

    [Fact]
    public void TheOperatorSaysWhatMetaMaySet()
    {
        var options = MetaSamples.Options("{}", """, "serviceMeta": ["balance", "limits"]""");

        var reading = options.Read(("lb-balance", "random"), ("lb-limits-maxRequests", "3"), ("lb-rateLimit-rate", "x"), ("LB_RETRY_ATTEMPTS", "0"));

        Assert.Equal((BalanceAlgorithm.Random, 3, 1), (reading.Policy!.Balance, reading.Policy.Guard!.Queue!.MaxRequests, reading.Policy.Retry.Attempts));
        Assert.Null(reading.Policy.Guard.RateLimit);
        Assert.Equal(["LB_RETRY_ATTEMPTS: discovery.serviceMeta of lb.json does not allow it", "lb-rateLimit-rate: discovery.serviceMeta of lb.json does not allow it"], reading.Problems);
        Assert.Null(MetaSamples.Options("{}", """, "serviceMeta": []""").ReadMeta);
    }

    [Fact]
    public void NothingThatIsRegisteredMakesItThrow()
    {
        var options = MetaSamples.Options("""{ "*": { "rateLimit": { "rate": 5 } }, "api": { "breaker": {} } }""");
        string[] known = [.. MetaKey.All.Select(static key => key.Name)];
        string[] words =
        [
            "null", "true", "{}", "[]", "[1,", "{\"rate\":1e999}", "0", "1", "-1", "1e9", "NaN", "Infinity", "10000000", "1ms", "1000h", "", " ", "\u001b[2J", "\ud800",
        ];
        var keys = Gen.OneOf(Gen.Int[0, known.Length - 1].Select(i => known[i]), Gen.String.Select(static text => "lb-" + text));
        var values = Gen.OneOf(Gen.String, Gen.Int[0, words.Length - 1].Select(i => words[i]), Gen.Int.Select(static number => number.ToString(CultureInfo.InvariantCulture)));

        Gen.Select(keys, values).Array[0, 6].Sample(
            pairs =>
            {
                var reading = options.Read([.. pairs.DistinctBy(static pair => pair.Item1)]);

                Assert.True(reading.Policy is not null || !reading.Problems.IsEmpty);
                // What was found good can be built: nothing of it may stop the writer of the service.
                ServiceGuard.Next(null, reading.Policy?.Guard, TimeProvider.System);
            },
            iter: 3_000);
    }
}
