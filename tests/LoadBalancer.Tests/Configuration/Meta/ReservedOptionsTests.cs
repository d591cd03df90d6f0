using System.Text;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Tests.Configuration.Meta;

public sealed class ReservedOptionsTests
{
    private const string File = "/dev/null";

    [Theory]
    [InlineData("""{ "open": 1 }""", "")]
    [InlineData("""{ "check": { "path": "/health" } }""", "")]
    [InlineData("""{ "check": null }""", "")]
    [InlineData("""{ "certificate": "/dev/zero" }""", "certificate")]
    [InlineData("""{ "certificate": null }""", "certificate")]
    [InlineData("""{ "check": { "command": ["rm"] } }""", "check.command")]
    [InlineData("""{ "check": "rm" }""", "check.command")]
    [InlineData("""{ "checks": ["rm"] }""", "checks")]
    [InlineData("""{ "check": "rm", "certificate": "/dev/zero" }""", "certificate check.command")]
    public void WhatChangesThemIsFoundWhateverItsForm(string text, string changed)
    {
        Assert.Equal(changed, Changed(text, new ReservedSample { Certificate = File, Check = new ReservedCheck { Command = ["operator"] } }));
        Assert.Equal(changed, Changed(text, new ReservedSample { Certificate = File }));
    }

    private static string Changed(string text, ReservedSample before)
    {
        var root = JsonTree.Parse(Encoding.UTF8.GetBytes(text)).Root!;
        var report = new ConfigurationReport("", root);
        var after = new OptionsBinder(report, "/", "/").Bind(root, before);
        Assert.Empty(report.Errors);
        return string.Join(' ', ReservedOptions.Changed(ValueShape.Of(typeof(ReservedSample)), before, after, ConfigurationPath.Root));
    }
}
