using System.Collections.Frozen;
using System.Collections.Immutable;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Configuration.Meta;

/// <summary>
/// A key of meta that sets an option of <see cref="ServiceOptions"/>: the path of the option in lb.json with <c>-</c> for
/// the dots, <c>lb-rateLimit-rate</c>. Every option has one; new options need no code here.
/// </summary>
/// <remarks>
/// The case does not matter, and <c>_</c> and <c>.</c> are as good as <c>-</c>: what turns environment variables into meta
/// leaves neither the case nor the choice.
/// </remarks>
internal sealed class MetaKey
{
    private const string Prefix = "lb";

    private static readonly FrozenDictionary<string, MetaKey> s_all = Under([]).ToFrozenDictionary(static key => key.Name, StringComparer.OrdinalIgnoreCase);

    private MetaKey(ImmutableArray<OptionShape> path)
    {
        Path = path;
        Name = NameOf(path.Select(static option => option.Key));
    }

    /// <summary>All of them.</summary>
    public static IEnumerable<MetaKey> All => s_all.Values;

    /// <summary>"lb-rateLimit-rate".</summary>
    public string Name { get; }

    /// <summary>The options from the entry of the service inwards, at least one.</summary>
    public ImmutableArray<OptionShape> Path { get; }

    /// <summary>The same in lb.json, from the entry of the service: "rateLimit.rate".</summary>
    public string OptionPath => string.Join('.', Path.Select(static option => option.Key));

    /// <summary>The key that <paramref name="written"/> is, or null.</summary>
    public static MetaKey? Find(string written) => s_all.GetValueOrDefault(Normalize(written));

    /// <summary>What to write for a key that there is not.</summary>
    public static string Remedy(string written) => Nearest.Of(Normalize(written), s_all.Keys.Order(StringComparer.Ordinal)) is { } nearest
        ? $"did you mean \"{nearest}\"?"
        : $"known are {string.Join(", ", s_all.Values.Where(static key => key.Path.Length == 1).Select(static key => key.Name).Order(StringComparer.Ordinal))} and what is in them";

    /// <summary>The key of the option at a path that a <see cref="ConfigurationPath"/> from the service's entry says.</summary>
    public static string NameOf(string path) => NameOf(path.Split('.'));

    private static string NameOf(IEnumerable<string> path) => string.Join('-', path.Prepend(Prefix));

    private static string Normalize(string written)
    {
        Span<char> name = written.ToCharArray();
        foreach (ref var c in name)
        {
            if (MetaSettings.Separators.Contains(c))
            {
                c = '-';
            }
        }
        return name.ToString();
    }

    private static IEnumerable<MetaKey> Under(ImmutableArray<OptionShape> path)
    {
        var shape = path.IsEmpty ? ValueShape.Of(typeof(ServiceOptions)) : path[^1].Value;
        return shape.Options.Select(path.Add).SelectMany(static inner => Under(inner).Prepend(new MetaKey(inner)));
    }
}
