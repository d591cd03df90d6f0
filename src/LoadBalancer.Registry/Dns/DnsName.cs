using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LoadBalancer.Registry.Dns;

/// <summary>
/// A domain name as its labels; each character is one octet. Compared without regard to ASCII case (RFC 1035 section 2.3.3).
/// </summary>
internal sealed class DnsName : IEquatable<DnsName>
{
    private const int MaximumLabel = 63;
    private const int MaximumName = 255;

    private DnsName(string[] labels) => Labels = labels;

    public IReadOnlyList<string> Labels { get; }

    /// <summary>The name of <paramref name="labels"/>, or null where it cannot go on the wire.</summary>
    public static DnsName? Of(IReadOnlyList<string> labels) =>
        labels.All(label => label.Length is > 0 and <= MaximumLabel && Latin1(label)) && labels.Sum(label => label.Length + 1) + 1 <= MaximumName
            ? new DnsName([.. labels])
            : null;

    /// <summary>Reads a dotted name, with or without the final dot.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DnsName? name)
    {
        var trimmed = text.EndsWith('.') ? text[..^1] : text;
        name = Of(trimmed.Length == 0 ? [] : trimmed.Split('.'));
        return name is not null;
    }

    /// <summary>True for <paramref name="domain"/> itself and all below it.</summary>
    public bool IsWithin(DnsName domain) =>
        Labels.Count >= domain.Labels.Count
        && Labels.Skip(Labels.Count - domain.Labels.Count).SequenceEqual(domain.Labels, StringComparer.OrdinalIgnoreCase);

    public bool Equals(DnsName? other) => other is not null && Labels.SequenceEqual(other.Labels, StringComparer.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => Equals(obj as DnsName);

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(ToString());

    /// <summary>The dotted form for people, with a final dot.</summary>
    public override string ToString() => new StringBuilder().AppendJoin('.', Labels).Append('.').ToString();

    private static bool Latin1(string label) => label.All(c => c <= byte.MaxValue);
}
