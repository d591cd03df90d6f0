using System.Text;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>Texts in meta for every kind of value: they are what stands beside them in lb.json.</summary>
public sealed class MetaValueTests
{
    private static readonly ValueShape s_sample = ValueShape.Of(typeof(BoundSample));

    [Theory]
    [InlineData("text", " a ", "\" a \"")]
    [InlineData("text", "null", "\"null\"")]
    [InlineData("maybeText", "null", "null")]
    [InlineData("flag", "true", "true")]
    [InlineData("small", " -5 ", "-5")]
    [InlineData("ratio", "0.25", "0.25")]
    [InlineData("time", "2s", "\"2s\"")]
    [InlineData("maybe", "null", "null")]
    [InlineData("day", "sunday", "\"sunday\"")]
    [InlineData("array", "a, b", "[\"a\", \"b\"]")]
    [InlineData("array", "", "[]")]
    [InlineData("array", "[\"a,b\"]", "[\"a,b\"]")]
    [InlineData("immutable", "1,2", "[1, 2]")]
    [InlineData("map", "{ \"a\": [\"b\"] }", "{ \"a\": [\"b\"] }")]
    [InlineData("nested", "{ \"inner\": 3 }", "{ \"inner\": 3 }")]
    [InlineData("pair", "a=b", "\"a=b\"")]
    [InlineData("pair", "{ \"left\": \"a\", \"right\": \"b\" }", "{ \"left\": \"a\", \"right\": \"b\" }")]
    public void ATextIsTheValueInTheFile(string key, string text, string json)
    {
        Assert.Equivalent(Good(JsonTree.Parse(Encoding.UTF8.GetBytes($"{{ \"{key}\": {json} }}")).Root!), Good(InMeta(key, text)), strict: true);
    }

    [Theory]
    [InlineData("flag", "yes", "found the text \"yes\"; expected true or false")]
    [InlineData("small", "11", "found the number 11; expected a whole number from -10 to 10, for example 0")]
    [InlineData("small", "1.5", "found the number 1.5; expected a whole number from -10 to 10, for example 0")]
    [InlineData("ratio", "NaN", "found the number NaN; expected a number, for example 0.5")]
    [InlineData("time", "5", "found the text \"5\"; expected a duration with its unit (ms, s, m or h), for example 0s")]
    [InlineData("immutable", "1,x", "found the text \"x\"; expected a whole number, for example 1")]
    [InlineData("immutable", "[1", "found the text \"[1\"; expected a list, for example [1]")]
    [InlineData("map", "a=b", "found the text \"a=b\"; expected an object with names as keys, for example { \"name\": [\"...\"] }")]
    [InlineData("pair", "a", "two sides are wanted, as in \"a=b\"")]
    [InlineData("text", "null", null)]
    public void WhatIsWrongIsSaidWithoutTheQuotesOfJson(string key, string text, string? error) =>
        Assert.Equal(error is null ? [] : [error], Bind(InMeta(key, text)).Errors.Select(static found => found.Message));

    private static JsonTreeNode InMeta(string key, string text)
    {
        var root = new JsonTreeNode(System.Text.Json.JsonValueKind.Object, default, default);
        root.Members.Add(key, MetaValue.Read(text, s_sample.Options.Single(option => option.Key == key)));
        return root;
    }

    private static BoundSample Good(JsonTreeNode root)
    {
        var (options, errors) = Bind(root);
        Assert.Empty(errors);
        return options!;
    }

    private static (BoundSample? Options, IReadOnlyList<ConfigurationError> Errors) Bind(JsonTreeNode root)
    {
        var report = new ConfigurationReport("", root);
        return (new OptionsBinder(report, "/etc/lb", "/etc/lb", Notation.Bare).Bind<BoundSample>(root), report.Errors);
    }
}
