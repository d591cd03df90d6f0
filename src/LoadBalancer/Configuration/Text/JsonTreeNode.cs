using System.Text.Json;

namespace LoadBalancer.Configuration.Text;

/// <summary>One value of a JSON text, with its place.</summary>
/// <param name="Kind">What it is; numbers are kept as they were written.</param>
/// <param name="KeyPosition">Where its key starts; for an item of a list and the root the value itself.</param>
/// <param name="Position">Where the value starts.</param>
public sealed record JsonTreeNode(JsonValueKind Kind, TextPosition KeyPosition, TextPosition Position)
{
    /// <summary>The characters of a text without quotes and escapes, or a number as it was written; else "".</summary>
    public string Text { get; init; } = "";

    /// <summary>The members of an object in the order of the file.</summary>
    public OrderedDictionary<string, JsonTreeNode> Members { get; init; } = [];

    /// <summary>The items of an array.</summary>
    public List<JsonTreeNode> Items { get; init; } = [];

    /// <summary>What a person would call it: <c>the text "x"</c>, <c>the number 5</c>, <c>an object { }</c>.</summary>
    public string Describe() => Kind switch
    {
        JsonValueKind.String => $"the text \"{Shorten(Text)}\"",
        JsonValueKind.Number => $"the number {Shorten(Text)}",
        JsonValueKind.Object => "an object { }",
        JsonValueKind.Array => "a list [ ]",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..57] + "...";
    }
}
