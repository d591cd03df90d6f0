using System.Text;
using System.Text.RegularExpressions;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Binding;

namespace LoadBalancer.Tests.Configuration;

/// <summary>
/// Writes the tables of docs/configuration.md, one for each object of lb.json, between its markers
/// <c>&lt;!-- options: listeners.NAME --&gt;</c> and <c>&lt;!-- end --&gt;</c>.
/// </summary>
internal static partial class ReferenceWriter
{
    /// <summary>The document with its tables as they should be.</summary>
    public static string Update(string document)
    {
        var tables = Tables();
        return Section().Replace(document, match => tables.TryGetValue(match.Groups["path"].Value, out var table)
            ? $"{match.Groups["open"].Value}\n{table}<!-- end -->"
            : throw new InvalidOperationException($"there is no object {match.Groups["path"].Value} in lb.json"));
    }

    /// <summary>The objects of lb.json ("listeners.NAME", "routing.routes[]") that need a table in the document.</summary>
    public static IEnumerable<string> Paths => Tables().Keys;

    private static Dictionary<string, string> Tables()
    {
        var tables = new Dictionary<string, string>();
        Add(ValueShape.Of(typeof(LbOptions)), "lb.json", "");
        return tables;

        void Add(ValueShape shape, string path, string prefix)
        {
            switch (shape.Kind)
            {
                case ValueKind.Record:
                    tables.Add(path, Table(shape));
                    foreach (var option in shape.Options)
                    {
                        Add(option.Value, prefix + option.Key, $"{prefix}{option.Key}.");
                    }
                    break;
                case ValueKind.List:
                    Add(shape.Item!, path + "[]", path + "[].");
                    break;
                case ValueKind.Map:
                    Add(shape.Item!, path + ".NAME", path + ".NAME.");
                    break;
            }
        }
    }

    private static string Table(ValueShape shape)
    {
        var table = new StringBuilder("| key | value | default | example | meaning |\n|---|---|---|---|---|\n");
        foreach (var option in shape.Options)
        {
            table.Append(null, $"| `{option.Key}` | {Kind(option.Value, option)} | {Default(option)} | `{Cell(ValueWords.Example(option.Value, option))}` | {Cell(Escape(option.Description))} |\n");
        }
        return table.ToString();
    }

    private static string Kind(ValueShape shape, OptionShape? option) => shape.Kind switch
    {
        ValueKind.Text => "text",
        ValueKind.Boolean => "`true` or `false`",
        ValueKind.WholeNumber => "whole number" + ValueWords.Limits(option),
        ValueKind.Number => "number" + ValueWords.Limits(option),
        ValueKind.Duration => "duration" + ValueWords.Limits(option),
        ValueKind.Choice => string.Join(", ", shape.Words.Select(word => $"`{word}`")),
        ValueKind.Parsed => shape.TextForm?.Name ?? "text",
        ValueKind.List => $"list of: {Kind(shape.Item!, null)}",
        ValueKind.Map => $"object, by name: {Kind(shape.Item!, null)}",
        _ => shape.HasTextForm ? "text or object" : "object",
    };

    private static string Default(OptionShape option) =>
        option.IsRequired ? "required"
        : ValueWords.Write(option.Default) is { } value ? $"`{Cell(value)}`"
        : option.Value.Kind == ValueKind.List ? $"`[{string.Join(", ", ((System.Collections.IEnumerable)option.Default!).Cast<object>().Select(ValueWords.Write))}]`"
        : option.Default is null ? "none"
        : option.Value.Kind == ValueKind.Map ? "`{}`"
        : "see its table";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    // "<name>" outside of code would be taken for HTML.
    private static string Escape(string text) =>
        string.Concat(text.Split('`').Select((part, i) => i % 2 == 1 ? $"`{part}`" : part.Replace("<", "&lt;", StringComparison.Ordinal)));

    [GeneratedRegex("(?<open><!-- options: (?<path>[^ ]+) -->)\n.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Section();
}
