using System.Globalization;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration;

/// <summary>Names one value of lb.json: keys and list positions from the root.</summary>
public sealed class ConfigurationPath
{
    private readonly ConfigurationPath? _parent;
    private readonly string _key;
    private readonly int _index;

    private ConfigurationPath(ConfigurationPath? parent, string key, int index)
    {
        _parent = parent;
        _key = key;
        _index = index;
    }

    /// <summary>The whole file.</summary>
    public static ConfigurationPath Root { get; } = new(null, "", -1);

    /// <summary>The member <paramref name="key"/> of the object here.</summary>
    public ConfigurationPath Key(string key) => new(this, key, -1);

    /// <summary>The item <paramref name="index"/>, from 0, of the list here.</summary>
    public ConfigurationPath Item(int index) => new(this, "", index);

    /// <summary>"services.api.balance", "routing.routes[2].path", "listeners."my web".bind".</summary>
    public override string ToString()
    {
        if (_parent is null)
        {
            return "";
        }
        var parent = _parent.ToString();
        return _index >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"{parent}[{_index}]")
            : parent.Length == 0 ? Quoted(_key) : $"{parent}.{Quoted(_key)}";
    }

    /// <summary>The value here, or null if the file has none.</summary>
    internal JsonTreeNode? In(JsonTreeNode root)
    {
        if (_parent is null)
        {
            return root;
        }
        var parent = _parent.In(root);
        return _index >= 0
            ? parent?.Items.ElementAtOrDefault(_index)
            : parent?.Members.GetValueOrDefault(_key);
    }

    /// <summary>Where the value starts, or else the key of the nearest object around it.</summary>
    internal TextPosition Place(JsonTreeNode root) => In(root)?.Position ?? KeyPlace(root);

    /// <summary>Where the key starts, or else the key of the nearest object around it.</summary>
    internal TextPosition KeyPlace(JsonTreeNode root) => In(root)?.KeyPosition ?? _parent!.KeyPlace(root);

    private static string Quoted(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or '$' or '*') ? key : $"\"{key.ReplaceLineEndings(" ")}\"";
}
