using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>Every option of a service, also those that are added later.</summary>
public sealed class MetaKeyTests
{
    private static readonly CatalogOptions s_nothing = MetaSamples.Options("{}");

    /// <summary>The keys of single values that meta may set.</summary>
    public static TheoryData<string> Values => [.. MetaKey.All.Where(static key => key.Path[^1].Value.Kind != ValueKind.Record && !IsReserved(key)).Select(static key => key.Name)];

    public static TheoryData<string> Reserved => [.. MetaKey.All.Where(static key => IsReserved(key) && !key.Path[..^1].Any(ReservedOptions.IsReserved)).Select(static key => key.Name)];

    [Theory]
    [MemberData(nameof(Values))]
    public void AValueInMetaIsThatValueInTheFile(string name)
    {
        var (key, value) = Example(name);

        Assert.Equivalent(MetaSamples.Options(Services(key, value)).PolicyFor("api"), s_nothing.Policy(InMeta(key, value)), strict: true);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void AWrongValueNamesItsKey(string name)
    {
        var key = MetaKey.Find(name)!;
        if (key.Path[^1].Value is { Kind: ValueKind.Text } or { Item.Kind: ValueKind.Text })
        {
            Assert.Skip("any text is right");
        }

        var reading = s_nothing.Read(InMeta(key, "{ wrong"));

        Assert.Null(reading.Policy);
        Assert.StartsWith(name, Assert.Single(reading.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Reserved))]
    public void WhatIsReservedIsRefused(string name)
    {
        var (key, value) = Example(name);

        var reading = s_nothing.Read(InMeta(key, value));

        Assert.Null(reading.Policy);
        Assert.Contains($"{name}: only lb.json can set it; write it as services.api.{key.OptionPath} there", reading.Problems);
    }

    [Fact]
    public void WhatRunsOnTheMachineOrReadsItsFilesIsReserved()
    {
        string[] dangerous = ["command", "exec", "script", "file"];
        var open = MetaKey.All.Where(key => dangerous.Any(word => key.Path[^1].Key.Contains(word, StringComparison.OrdinalIgnoreCase)) && !IsReserved(key));

        Assert.Empty(open.Select(static key => key.Name));
        Assert.True(IsReserved(MetaKey.Find("lb-source")!));
    }

    [Fact]
    public void ConsulTakesEveryKey() =>
        Assert.All(MetaKey.All, static key =>
        {
            Assert.Matches(@"^[A-Za-z0-9_-]+\z", key.Name);
            Assert.InRange(key.Name.Length, 1, 128);
        });

    [Theory]
    [InlineData("lb-rateLimit-rate")]
    [InlineData("lb.rateLimit.rate")]
    [InlineData("LB_RATELIMIT_RATE")]
    [InlineData("lb_ratelimit-rate")]
    public void TheCaseAndTheSeparatorDoNotMatter(string written) => Assert.Equal("lb-rateLimit-rate", MetaKey.Find(written)!.Name);

    [Theory]
    [InlineData("lb-")]
    [InlineData("lb-rateLimit-")]
    [InlineData("lb--rateLimit")]
    [InlineData("lb-rateLimit-rate-x")]
    [InlineData("lb-$schema")]
    public void NothingElseIsAKey(string written) => Assert.Null(MetaKey.Find(written));

    private static bool IsReserved(MetaKey key) => key.Path.Any(ReservedOptions.IsReserved);

    /// <summary>Values as JSON, those first that are not the default.</summary>
    private static IEnumerable<string> Candidates(OptionShape option)
    {
        var range = option.Get<RangeAttribute>();
        // The attribute keeps the texts of its limits until it is first asked.
        _ = range?.IsValid(null);
        var all = option.Value.Kind switch
        {
            ValueKind.Boolean => new string?[] { "true", "false" },
            ValueKind.Choice => [.. option.Value.Words.Select(static word => $"\"{word}\"")],
            _ => [ValueWords.Write((object?)range?.Minimum), ValueWords.Write((object?)range?.Maximum)],
        };
        var example = ValueWords.Example(option.Value, option);
        return [.. all.OfType<string>().Where(value => value != ValueWords.Write(option.Default)), example];
    }

    /// <summary>A value as JSON that lb.json may have, if possible not the default.</summary>
    private static (MetaKey Key, string Value) Example(string name)
    {
        var key = MetaKey.Find(name)!;
        var value = Candidates(key.Path[^1]).FirstOrDefault(value => MetaSamples.IsGood(Services(key, value)));
        if (value is null)
        {
            Assert.Skip("no example of it is good without others that are not required");
        }
        return (key, value);
    }

    /// <summary>The service "api" with this value, and with examples of what must stand beside it.</summary>
    private static string Services(MetaKey key, string json)
    {
        for (var depth = key.Path.Length - 1; depth >= 0; depth--)
        {
            json = $"{{ \"{key.Path[depth].Key}\": {json}{string.Concat(RequiredBeside(key, depth).Select(static beside => $", \"{beside.Key}\": {ValueWords.Example(beside.Value, beside)}"))} }}";
        }
        return $"{{ \"api\": {json} }}";
    }

    private static (string Key, string Value)[] InMeta(MetaKey key, string json)
    {
        var beside = Enumerable.Range(0, key.Path.Length).SelectMany(depth => RequiredBeside(key, depth)
            .Select(option => (string.Join('-', key.Path[..depth].Select(static outer => outer.Key).Prepend("lb").Append(option.Key)), ValueWords.Example(option.Value, option).Trim('"'))));
        return [(key.Name, json.StartsWith('"') ? JsonSerializer.Deserialize<string>(json)! : json), .. beside];
    }

    private static IEnumerable<OptionShape> RequiredBeside(MetaKey key, int depth) =>
        depth == 0 ? [] : key.Path[depth - 1].Value.Options.Where(option => option.IsRequired && option.Key != key.Path[depth].Key);
}
