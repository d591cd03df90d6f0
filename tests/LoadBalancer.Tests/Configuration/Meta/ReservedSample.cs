using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Configuration.Binding;

namespace LoadBalancer.Tests.Configuration.Meta;

/// <summary>Options that meta must not reach, however deep they are.</summary>
public sealed record ReservedSample
{
    [Description("Open.")]
    public int Open { get; init; }

    [Description("A file.")]
    [DataType(FileKinds.Existing)]
    public string? Certificate { get; init; }

    [Description("A command inside.")]
    public ReservedCheck? Check { get; init; }

    [Description("Several.")]
    public IReadOnlyList<ReservedCheck> Checks { get; init; } = [];
}
