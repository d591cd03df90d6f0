using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Binding;

/// <summary>Says what an option may hold, with an example that can be copied.</summary>
public static class ValueWords
{
    /// <summary>"a whole number from 1 to 65535, for example 80"; <paramref name="found"/> may make the example fit better.</summary>
    public static string Expected(JsonTreeNode? found, ValueShape shape, OptionShape? option, Notation notation = Notation.Json)
    {
        var limits = Limits(option);
        var (quoted, unquoted) = notation == Notation.Json ? (" in double quotes", " without quotes") : ("", "");
        string Say(string example) => notation == Notation.Json ? example : example.Trim('"');
        return shape.Kind switch
        {
            ValueKind.Boolean => notation == Notation.Json ? "true or false, without quotes" : "true or false",
            ValueKind.WholeNumber => $"a whole number{limits}{unquoted}, for example {Example(shape, option)}",
            ValueKind.Number => $"a number{limits}{unquoted}, for example {Example(shape, option)}",
            ValueKind.Duration when found?.Kind == JsonValueKind.Number && Duration.TryParse(found.Text + "s", out _) =>
                $"a duration{limits} with its unit (ms, s, m or h), for example \"{found.Text}s\"",
            ValueKind.Duration => $"a duration{limits} with its unit (ms, s, m or h), for example {Say(Example(shape, option))}",
            ValueKind.Choice => JoinWithOr(shape.Words),
            ValueKind.Parsed => $"{shape.TextForm?.Name ?? $"a text{quoted}"}, for example {Say(Example(shape, option))}",
            ValueKind.List => $"a list, for example {Example(shape, option)}",
            ValueKind.Map => $"an object with names as keys, for example {Example(shape, option)}",
            ValueKind.Record => $"{(shape.HasTextForm ? "a text or an object" : "an object")}, for example {Say(Example(shape, option))}",
            _ => $"a text{quoted}" + (Given(option) is { } example ? $", for example {Say(example)}" : ""),
        };
    }

    /// <summary>A value of this shape as it stands in lb.json; the [Display(Prompt)] or default where there is one.</summary>
    public static string Example(ValueShape shape, OptionShape? option) => Given(option) ?? shape.Kind switch
    {
        ValueKind.Boolean => "true",
        ValueKind.WholeNumber => Write(option?.Get<RangeAttribute>()?.Minimum) ?? "1",
        ValueKind.Number => "0.5",
        ValueKind.Duration => "\"5s\"",
        ValueKind.Choice => $"\"{shape.Words[0]}\"",
        ValueKind.Parsed => $"\"{shape.TextForm?.Example ?? "text"}\"",
        ValueKind.List => $"[{Example(shape.Item!, null)}]",
        ValueKind.Map => $"{{ \"name\": {Example(shape.Item!, null)} }}",
        ValueKind.Record => RecordExample(shape),
        _ => "\"...\"",
    };

    /// <summary>A simple value as it stands in lb.json; null for null and for anything that has parts.</summary>
    public static string? Write(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        int or long or double => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        TimeSpan span => $"\"{Duration.Format(span)}\"",
        Enum word => $"\"{JsonNamingPolicy.CamelCase.ConvertName(word.ToString())}\"",
        string text => $"\"{text}\"",
        not null when ValueShape.Of(value.GetType()) is { Kind: ValueKind.Parsed } or { HasTextForm: true } => $"\"{value}\"",
        _ => null,
    };

    /// <summary>" from 1 to 65535", or "".</summary>
    public static string Limits(OptionShape? option)
    {
        if (option?.Get<RangeAttribute>() is not { } range)
        {
            return "";
        }
        // The attribute keeps the texts of its limits until it is first asked.
        _ = range.IsValid(null);
        string Limit(object limit) => limit is TimeSpan span ? Duration.Format(span) : Convert.ToString(limit, CultureInfo.InvariantCulture)!;
        return $" from {Limit(range.Minimum)} to {Limit(range.Maximum)}";
    }

    private static string? Given(OptionShape? option) =>
        option?.Get<DisplayAttribute>()?.Prompt is { } prompt ? option.Value.Kind switch
        {
            ValueKind.List when option.Value.Item!.Kind == ValueKind.WholeNumber => $"[{prompt}]",
            ValueKind.List => $"[\"{prompt}\"]",
            ValueKind.Map => $"{{ \"name\": \"{prompt}\" }}",
            _ => $"\"{prompt}\"",
        }
        // What must be given has no default that could be an example.
        : option is { IsRequired: true } or { Default: "" } ? null
        : Write(option?.Default);

    private static string RecordExample(ValueShape shape)
    {
        var first = shape.Options.FirstOrDefault(option => option.IsRequired) ?? shape.Options.First(option => option.Key[0] != '$');
        return shape.HasTextForm ? Example(first.Value, first) : $"{{ \"{first.Key}\": {Example(first.Value, first)} }}";
    }

    private static string JoinWithOr(IReadOnlyList<string> words)
    {
        var quoted = words.Select(word => $"\"{word}\"").ToArray();
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
