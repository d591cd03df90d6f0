using System.Text.RegularExpressions;
using LoadBalancer.Configuration;
using LoadBalancer.TestSupport;
using NJsonSchema;

namespace LoadBalancer.Tests.Configuration;

/// <summary>
/// The schema, the reference and the samples say what the program does. After a change of the options run these tests
/// with LB_WRITE_DOCS=1: they then write docs/lb.schema.json and the tables of docs/configuration.md.
/// </summary>
public sealed partial class DocumentTests : IDisposable
{
    private static readonly bool s_write = Environment.GetEnvironmentVariable("LB_WRITE_DOCS") == "1";
    private static readonly string s_docs = Path.Combine(Tools.RepositoryRoot, "docs");

    private readonly string _folder = Directory.CreateTempSubdirectory("lb-docs-").FullName;

    public static TheoryData<string> Samples => [.. JsonBlock().Matches(Reference).Select(match => match.Groups["text"].Value)];

    private static string Reference => File.ReadAllText(Path.Combine(s_docs, "configuration.md")).ReplaceLineEndings("\n");

    [Fact]
    public void TheSchemaIsWhatTheOptionsSay() => Same(Path.Combine(s_docs, "lb.schema.json"), _ => JsonSchemaWriter.Write());

    [Fact]
    public void TheTablesAreWhatTheOptionsSay() => Same(Path.Combine(s_docs, "configuration.md"), ReferenceWriter.Update);

    [Fact]
    public void EveryObjectHasATable() =>
        Assert.Equal(ReferenceWriter.Paths.Order(), TableMarker().Matches(Reference).Select(match => match.Groups["path"].Value).Order());

    [Fact]
    public async Task TheSampleOfTheRepositoryIsGood()
    {
        var path = Path.Combine(Tools.RepositoryRoot, "lb.json");

        Assert.Empty(ConfigurationFile.Read(path).Errors);
        Assert.Empty(await ViolationsAsync(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task EverySampleOfTheReferenceIsGood(string text)
    {
        // Files that samples name.
        foreach (var name in new[] { "consul.token", "consul-ca.pem" })
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, name), "", TestContext.Current.CancellationToken);
        }
        await File.WriteAllTextAsync(Path.Combine(_folder, "lb.json"), text, TestContext.Current.CancellationToken);

        Assert.Empty(ConfigurationFile.Read(Path.Combine(_folder, "lb.json")).Errors);
        Assert.Empty(await ViolationsAsync(text));
    }

    [Fact]
    public async Task TheFullSampleIsGood() => Assert.Empty(await ViolationsAsync(Configuration.Samples.Full));

    [Theory]
    [InlineData("""{ "listeners": { "web": { "bind": ":80", "protocl": "http" } } }""")]
    [InlineData("""{ "listeners": { "web": { "bind": 80 } } }""")]
    [InlineData("""{ "listeners": { "web": { "bind": "lb.example.com:80" } } }""")]
    [InlineData("""{ "listeners": { "web": { "bind": ":80", "protocol": "https" } } }""")]
    [InlineData("""{ "listeners": { "web": { "protocol": "http" } } }""")]
    [InlineData("""{ "listeners": { "my web": { "bind": ":80" } } }""")]
    [InlineData("""{ "listeners": { "web": { "bind": ":80", "backlog": 0 } } }""")]
    [InlineData("""{ "drainTimeout": 30 }""")]
    [InlineData("""{ "drainTimeout": "30" }""")]
    [InlineData("""{ "services": { "*": { "balance": "leastconn" } } }""")]
    [InlineData("""{ "services": { "*": { "hashOn": "header" } } }""")]
    [InlineData("""{ "services": { "*": { "hashOn": "cookie:a b" } } }""")]
    [InlineData("""{ "services": { "*": { "endpointLimits": { "maxRequests": -1 } } } }""")]
    [InlineData("""{ "services": { "*": { "retry": { "attempts": 8 } } } }""")]
    [InlineData("""{ "services": { "*": { "check": { "type": "https" } } } }""")]
    [InlineData("""{ "services": { "*": { "check": { "type": "http", "path": "health" } } } }""")]
    [InlineData("""{ "log": null }""")]
    [InlineData("""{ "discovery": { "order": ["dns", "disk"] } }""")]
    [InlineData("""{ "discovery": { "static": { "api": [80] } } }""")]
    [InlineData("""{ "routing": { "routes": [{ "split": [{ "service": "api" }] }] } }""")]
    [InlineData("""{ "rooting": {} }""")]
    public async Task TheSchemaRefusesWhatTheProgramRefuses(string text)
    {
        Assert.NotEmpty(Configuration.Samples.Read(text).Errors);
        Assert.NotEmpty(await ViolationsAsync(text));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Same(string path, Func<string, string> generate)
    {
        var present = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        var generated = generate(present);
        if (s_write)
        {
            File.WriteAllText(path, generated);
            return;
        }
        Assert.Equal(generated, present);
    }

    private static async Task<IEnumerable<string>> ViolationsAsync(string text)
    {
        var schema = await JsonSchema.FromJsonAsync(JsonSchemaWriter.Write(), TestContext.Current.CancellationToken);
        return schema.Validate(text).Select(violation => violation.ToString());
    }

    [GeneratedRegex("```jsonc\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex("<!-- options: (?<path>[^ ]+) -->")]
    private static partial Regex TableMarker();
}
