using System.Globalization;
using System.Text;
using System.Text.Json;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Meta;

/// <summary>
/// Turns the text of a value in meta into what lb.json would have in its place. Whether it is right is for the binder to
/// say: a text that is no number, or that is no JSON, stays a text.
/// </summary>
internal static class MetaValue
{
    /// <summary>
    /// Words, numbers, durations and true or false as they are; <c>null</c> for nothing; lists with commas; objects, and
    /// lists of what has commas, as JSON.
    /// </summary>
    public static JsonTreeNode Read(string text, OptionShape option)
    {
        var trimmed = text.Trim();
        return trimmed == "null" && (option.AllowsNull || option.Value.Kind != ValueKind.Text)
            ? new JsonTreeNode(JsonValueKind.Null, default, default)
            : option.Value.Kind switch
            {
                ValueKind.List when !trimmed.StartsWith('[') => List(trimmed, option.Value.Item!),
                ValueKind.List or ValueKind.Map => Json(trimmed),
                ValueKind.Record when trimmed.StartsWith('{') => Json(trimmed),
                ValueKind.Text => Text(text),
                _ => Simple(trimmed, option.Value),
            };
    }

    private static JsonTreeNode List(string text, ValueShape item) => new(JsonValueKind.Array, default, default)
    {
        Items = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => Simple(one, item))],
    };

    private static JsonTreeNode Simple(string text, ValueShape shape) => shape.Kind switch
    {
        ValueKind.Boolean when text is "true" => new JsonTreeNode(JsonValueKind.True, default, default),
        ValueKind.Boolean when text is "false" => new JsonTreeNode(JsonValueKind.False, default, default),
        ValueKind.WholeNumber or ValueKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) =>
            new JsonTreeNode(JsonValueKind.Number, default, default) { Text = text },
        _ => Text(text),
    };

    private static JsonTreeNode Text(string text) => new(JsonValueKind.String, default, default) { Text = text };

    private static JsonTreeNode Json(string text)
    {
        var (node, errors) = JsonTree.Parse(Encoding.UTF8.GetBytes(text));
        return node is not null && errors.Count == 0 ? node : Text(text);
    }
}
