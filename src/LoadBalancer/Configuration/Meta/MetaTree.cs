using System.Text.Json;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Configuration.Meta;

/// <summary>Puts the pairs of meta together to what would be the entry of the service in lb.json.</summary>
internal sealed class MetaTree
{
    private MetaTree()
    {
    }

    /// <summary>An object; without what <see cref="Errors"/> are about.</summary>
    public JsonTreeNode Root { get; } = NewObject();

    /// <summary>The keys that are in <see cref="Root"/>.</summary>
    public List<MetaKey> Keys { get; } = [];

    /// <summary>The keys that are not allowed, as they were written.</summary>
    public List<string> LeftOut { get; } = [];

    /// <summary>What is wrong with keys; what is wrong with values is for the binder to say.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Reads <paramref name="settings"/>; no text makes it throw.</summary>
    public static MetaTree Of(MetaSettings settings, Func<MetaKey, bool> isAllowed)
    {
        var tree = new MetaTree();
        var found = new List<(string Written, string Value, MetaKey Key)>();
        foreach (var (written, value) in settings.Pairs)
        {
            if (MetaKey.Find(written) is not { } key)
            {
                tree.Errors.Add($"{written}: unknown key; {MetaKey.Remedy(written)}");
            }
            else if (isAllowed(key))
            {
                found.Add((written, value, key));
            }
            else
            {
                tree.LeftOut.Add(written);
            }
        }
        // What holds others comes before them: lb-rateLimit before lb-rateLimit-burst.
        foreach (var (written, value, key) in found.OrderBy(static one => one.Key.Path.Length))
        {
            tree.Add(written, value, key);
        }
        return tree;
    }

    private static JsonTreeNode NewObject() => new(JsonValueKind.Object, default, default);

    private void Add(string written, string text, MetaKey key)
    {
        var parent = Root;
        foreach (var option in key.Path[..^1])
        {
            if (!parent.Members.TryGetValue(option.Key, out var next))
            {
                parent.Members.Add(option.Key, next = NewObject());
            }
            parent = next;
        }
        // A text or null in the place of an object has no members.
        if (parent.Kind != JsonValueKind.Object || !parent.Members.TryAdd(key.Path[^1].Key, MetaValue.Read(text, key.Path[^1])))
        {
            Errors.Add($"{written}: is given twice, the other time by itself or as a part of another key; keep one");
            return;
        }
        Keys.Add(key);
    }
}
