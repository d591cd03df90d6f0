using System.Net;
using System.Text;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Tests.Configuration;

public class OptionsBinderTests
{
    [Fact]
    public void EveryTypeOfPropertyIsBound()
    {
        var options = Good("""
            {
              "text": "x", "flag": true, "small": -5, "big": 9000000000, "ratio": 0.25, "time": "2s", "maybe": 7, "day": "sunday",
              "address": "10.0.0.1", "array": ["a"], "immutable": [1, 2], "immutableMap": { "k": 1 }, "map": { "a": ["b"] }, "other-name": "y",
              "nested": { "inner": 3 }
            }
            """);

        Assert.Equal(("x", true, -5, 9_000_000_000, 0.25, TimeSpan.FromSeconds(2)), (options.Text, options.Flag, options.Small, options.Big, options.Ratio, options.Time));
        Assert.Equal((7, DayOfWeek.Sunday, "y", 3), (options.Maybe, options.Day, options.Renamed, options.Nested.Inner));
        Assert.Equal(IPAddress.Parse("10.0.0.1"), options.Address);
        Assert.Equal(["a"], options.Array);
        Assert.Equal([1, 2], options.Immutable);
        Assert.Equal(1, options.ImmutableMap["k"]);
        Assert.Equal(["b"], options.Map["a"]);
    }

    [Fact]
    public void NullIsForPropertiesThatAllowIt()
    {
        var options = Good("""{ "maybe": null, "maybeText": null }""");

        Assert.Null(options.Maybe);
        Assert.Null(options.MaybeText);
        Assert.Equal(["lb.json:1:11: text: null is not allowed here; leave the key out, or write a text in double quotes, for example \"default\""], Errors("""{ "text": null }"""));
    }

    [Fact]
    public void APropertyWithoutDescriptionIsNoOption() =>
        Assert.StartsWith("lb.json:1:3: hidden: unknown key", Assert.Single(Errors("""{ "hidden": 1 }""")), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "address": "10.0.0.300" }""", "lb.json:1:14: address: found the text \"10.0.0.300\"; expected a text in double quotes, for example \"text\"")]
    [InlineData("""{ "ratio": 1e999 }""", "lb.json:1:12: ratio: found the number 1e999; expected a number without quotes, for example 0.5")]
    [InlineData("""{ "big": 99999999999999999999 }""", "lb.json:1:10: big: found the number 99999999999999999999; expected a whole number without quotes, for example 0")]
    [InlineData("""{ "small": 9000000000 }""", "lb.json:1:12: small: found the number 9000000000; expected a whole number from -10 to 10 without quotes, for example 0")]
    [InlineData("""{ "day": 0 }""", "lb.json:1:10: day: found the number 0; expected \"sunday\", \"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\" or \"saturday\"")]
    [InlineData("""{ "day": "Sunday" }""", "lb.json:1:10: day: unknown value \"Sunday\"; did you mean \"sunday\"?")]
    [InlineData("""{ "nested": [] }""", "lb.json:1:13: nested: found a list [ ]; expected an object, for example { \"inner\": 0 }")]
    [InlineData("""{ "pair": "a" }""", "lb.json:1:11: pair: two sides are wanted, as in \"a=b\"")]
    [InlineData("""{ "pair": "x=x" }""", "lb.json:1:11: pair: the sides are the same")]
    [InlineData("""{ "pair": { "left": "x", "right": "x" } }""", "lb.json:1:35: pair.right: the sides are the same")]
    [InlineData("""{ "pair": { "left": "x" } }""", "lb.json:1:3: pair.right: missing; expected a text in double quotes, for example \"b\"")]
    public void WhatIsWrongIsSaid(string text, string error) => Assert.Equal([error], Errors(text));

    [Fact]
    public void ARecordWithATextFormIsReadFromBoth()
    {
        Assert.Equal(new BoundPair { Left = "a", Right = "b" }, Good("""{ "pair": "a=b" }""").Pair);
        Assert.Equal(new BoundPair { Left = "a", Right = "b" }, Good("""{ "pair": { "left": "a", "right": "b" } }""").Pair);
    }

    [Fact]
    public void AnEntryInheritsKeyByKeyAlsoInsideNestedRecords()
    {
        var entries = Good("""{ "entries": { "a": { "inner": 3 }, "*": { "inner": 1, "deep": { "left": "l", "right": "r" } }, "b": { "deep": { "left": "x" } } } }""").Entries;

        Assert.Equal(new BoundEntry { Inner = 3, Deep = new BoundPair { Left = "l", Right = "r" } }, entries["a"]);
        Assert.Equal(new BoundEntry { Inner = 1, Deep = new BoundPair { Left = "x", Right = "r" } }, entries["b"]);
    }

    [Fact]
    public void AnErrorInTheDefaultsIsReportedOnce() =>
        Assert.Equal(["lb.json:1:32: entries.*.inner: found the text \"1\"; expected a whole number without quotes, for example 0"],
            Errors("""{ "entries": { "*": { "inner": "1" }, "a": {}, "b": {} } }"""));

    private static BoundSample Good(string text)
    {
        var (options, errors) = Bind(text);
        Assert.Empty(errors);
        return options!;
    }

    private static IEnumerable<string> Errors(string text) => Bind(text).Errors.Select(error => error.ToString());

    private static (BoundSample? Options, IReadOnlyList<ConfigurationError> Errors) Bind(string text)
    {
        var (root, errors) = JsonTree.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Empty(errors);
        var report = new ConfigurationReport("lb.json", root!);
        return (new OptionsBinder(report, "/etc/lb", "/var/lib/lb").Bind<BoundSample>(root!), report.Errors);
    }
}
