using System.Collections.Immutable;

namespace LoadBalancer.Core.Model.Meta;

/// <summary>
/// The pairs of a registration's meta that are meant for the balancer: those whose key starts with <c>lb-</c>, <c>lb_</c>
/// or <c>lb.</c>, whatever its case. Two are equal when all of their pairs are.
/// </summary>
/// <remarks>
/// Consul takes only letters, digits, <c>-</c> and <c>_</c> in a key of meta, 128 characters a key, 512 a value and 64 pairs
/// (https://developer.hashicorp.com/consul/docs/services/configuration/services-configuration-reference#meta); the dot
/// is for sources that allow it.
/// </remarks>
public sealed class MetaSettings : IEquatable<MetaSettings>
{
    private const string Word = "lb";

    /// <summary>How long <see cref="ToString"/> is at most: it stands in log lines.</summary>
    private const int MaxText = 200;

    private readonly int _hash;

    private MetaSettings(ImmutableArray<KeyValuePair<string, string>> pairs)
    {
        Pairs = pairs;
        var hash = new HashCode();
        foreach (var (key, value) in pairs)
        {
            hash.Add(key);
            hash.Add(value);
        }
        _hash = hash.ToHashCode();
    }

    /// <summary>Of a registration that asks for nothing.</summary>
    public static MetaSettings None { get; } = new([]);

    /// <summary>What stands between the parts of a key, the prefix being the first.</summary>
    public static ReadOnlySpan<char> Separators => ['-', '_', '.'];

    /// <summary>The pairs as they were registered, in ordinal order of their keys.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Pairs { get; }

    /// <summary>True when there is no pair.</summary>
    public bool IsEmpty => Pairs.IsEmpty;

    /// <summary>Those of a registration's <paramref name="meta"/>; nothing is allocated when there are none.</summary>
    public static MetaSettings Of(ImmutableDictionary<string, string> meta)
    {
        ArgumentNullException.ThrowIfNull(meta);
        List<KeyValuePair<string, string>>? pairs = null;
        foreach (var pair in meta)
        {
            if (IsSetting(pair.Key))
            {
                (pairs ??= []).Add(pair);
            }
        }
        if (pairs is null)
        {
            return None;
        }
        pairs.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new MetaSettings([.. pairs]);
    }

    /// <inheritdoc/>
    public bool Equals(MetaSettings? other) => other is not null && _hash == other._hash && Pairs.AsSpan().SequenceEqual(other.Pairs.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MetaSettings);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>"lb-balance=random lb-retries=0", shortened; "nothing" when there is no pair.</summary>
    public override string ToString()
    {
        var text = IsEmpty ? "nothing" : string.Join(' ', Pairs.Select(static pair => $"{pair.Key}={pair.Value}"));
        return text.Length <= MaxText ? text : text[..(MaxText - 3)] + "...";
    }

    private static bool IsSetting(string key) =>
        key.Length > Word.Length && key.StartsWith(Word, StringComparison.OrdinalIgnoreCase) && Separators.Contains(key[Word.Length]);
}
