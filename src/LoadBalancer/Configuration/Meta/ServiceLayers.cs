using System.Text.Json;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Configuration.Meta;

/// <summary>
/// The policy of a service in layers, key by key: the entry of the service in lb.json, over what the meta of its
/// registrations asks for, over the entry <c>*</c>, over the built-in defaults. The owner of a service knows it better than
/// a default does, and the operator has the last word.
/// </summary>
internal sealed class ServiceLayers
{
    private readonly ServiceOptions _defaults;
    private readonly Dictionary<string, JsonTreeNode> _entries;
    private readonly HashSet<string> _allowed;
    private readonly string _folder;
    private readonly string _stateFolder;

    /// <param name="options">Bound without an error.</param>
    /// <param name="root">What they were bound from.</param>
    /// <param name="folder">As for the <see cref="OptionsBinder"/>.</param>
    /// <param name="stateFolder">As for the <see cref="OptionsBinder"/>.</param>
    public ServiceLayers(LbOptions options, JsonTreeNode root, string folder, string stateFolder)
    {
        _defaults = options.Services.GetValueOrDefault(LbOptions.AllServices) ?? new ServiceOptions();
        _entries = root.Members.TryGetValue("services", out var services)
            ? services.Members.Where(static entry => entry.Key != LbOptions.AllServices).ToDictionary(StringComparer.OrdinalIgnoreCase)
            : [];
        _allowed = [.. options.Discovery.ServiceMeta];
        _folder = folder;
        _stateFolder = stateFolder;
    }

    /// <summary>The policy of <paramref name="service"/> with these settings; see <see cref="Core.Model.CatalogOptions.ReadMeta"/>.</summary>
    public MetaReading Read(string service, MetaSettings settings)
    {
        var entry = _entries.GetValueOrDefault(service);
        var tree = MetaTree.Of(settings, IsAllowed);
        var errors = tree.Errors;
        var asked = Bind(tree.Root, _defaults, Notation.Bare, error => errors.Add(error.Path.Length == 0 ? error.Message : $"{MetaKey.NameOf(error.Path)}: {error.Message}"));
        if (errors.Count > 0)
        {
            return new MetaReading(null, [.. errors]);
        }
        foreach (var path in ReservedOptions.Changed(ValueShape.Of(typeof(ServiceOptions)), _defaults, asked, ConfigurationPath.Root))
        {
            errors.Add($"{MetaKey.NameOf(path.ToString())}: only lb.json can set it; write it as services.{service}.{path} there");
        }
        var options = entry is null ? asked : Bind(entry, asked, Notation.Json, error => errors.Add($"does not go together with services.{service} of lb.json: {error.Path}: {error.Message}"));
        return errors.Count > 0 ? new MetaReading(null, [.. errors]) : new MetaReading(options!.ToPolicy(), [.. NotInForce(tree, service, entry)]);
    }

    private static IEnumerable<string> NotInForce(MetaTree tree, string service, JsonTreeNode? entry) =>
    [
        .. tree.LeftOut.Select(static key => $"{key}: discovery.serviceMeta of lb.json does not allow it"),
        .. tree.Keys.Where(key => IsSet(entry, key)).Select(key => $"{key.Name}: services.{service}.{key.OptionPath} of lb.json is in force instead"),
    ];

    private bool IsAllowed(MetaKey key) => _allowed.Contains(DiscoveryOptions.AnyOption) || _allowed.Contains(key.Path[0].Key);

    /// <summary>True when nothing of the option is left to meta.</summary>
    private static bool IsSet(JsonTreeNode? entry, MetaKey key)
    {
        foreach (var option in key.Path)
        {
            entry = entry?.Members.GetValueOrDefault(option.Key);
            if (entry is not { Kind: JsonValueKind.Object })
            {
                return entry is not null;
            }
        }
        return key.Path[^1].Value.Kind != ValueKind.Record;
    }

    private ServiceOptions? Bind(JsonTreeNode node, ServiceOptions? inherited, Notation notation, Action<ConfigurationError> failed)
    {
        var report = new ConfigurationReport("", node);
        var options = new OptionsBinder(report, _folder, _stateFolder, notation).Bind(node, inherited);
        foreach (var error in report.Errors)
        {
            failed(error);
        }
        return options;
    }
}
