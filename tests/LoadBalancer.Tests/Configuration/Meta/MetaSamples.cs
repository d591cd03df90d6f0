using System.Collections.Immutable;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>What a balancer makes of meta, from the text of lb.json on.</summary>
internal static class MetaSamples
{
    /// <summary>The options of an lb.json with these services, and more keys of discovery, each with a comma before.</summary>
    public static CatalogOptions Options(string services, string discovery = "") => Samples.Options(Text(services, discovery)).ToCatalogOptions();

    /// <summary>True when such an lb.json is right.</summary>
    public static bool IsGood(string services) => Samples.Read(Text(services)).IsValid;

    /// <summary>What the service "api" gets from these pairs.</summary>
    public static MetaReading Read(this CatalogOptions options, params (string Key, string Value)[] meta) =>
        options.ReadMeta!("api", MetaSettings.Of(meta.ToImmutableDictionary(static pair => pair.Key, static pair => pair.Value)));

    /// <summary>The same where nothing may be wrong.</summary>
    public static ServicePolicy Policy(this CatalogOptions options, params (string Key, string Value)[] meta)
    {
        var reading = options.Read(meta);
        Assert.Empty(reading.Problems);
        return reading.Policy!;
    }

    private static string Text(string services, string discovery = "") =>
        $$"""{ "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": {} {{discovery}} }, "services": {{services}} }""";
}
