using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>Its text form sets the command without naming it.</summary>
public sealed record ReservedCheck : IParsable<ReservedCheck>
{
    [Description("Open.")]
    public string Path { get; init; } = "/";

    [Description("A command.")]
    [NotFromMeta]
    public IReadOnlyList<string> Command { get; init; } = ["true"];

    public static ReservedCheck Parse(string s, IFormatProvider? provider) => new() { Command = [s] };

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out ReservedCheck result)
    {
        result = s is null ? null : Parse(s, provider);
        return result is not null;
    }
}
