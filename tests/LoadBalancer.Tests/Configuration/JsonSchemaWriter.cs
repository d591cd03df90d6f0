using System.ComponentModel.DataAnnotations;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Binding;

namespace LoadBalancer.Tests.Configuration;

/// <summary>Writes the JSON Schema (draft-07) of lb.json from the shapes of the options.</summary>
internal static class JsonSchemaWriter
{
    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write()
    {
        var schema = new JsonObject { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = "lb.json", ["description"] = "Configuration of the load balancer lb." };
        foreach (var (key, value) in Of(ValueShape.Of(typeof(LbOptions)), null).ToArray())
        {
            schema[key] = value?.DeepClone();
        }
        return schema.ToJsonString(s_format) + "\n";
    }

    private static JsonObject Of(ValueShape shape, OptionShape? option)
    {
        var schema = shape.Kind switch
        {
            ValueKind.Text => Text(Pattern(option)),
            ValueKind.Boolean => new JsonObject { ["type"] = "boolean" },
            ValueKind.WholeNumber => Number("integer", option),
            ValueKind.Number => Number("number", option),
            ValueKind.Duration => Text(Duration.Pattern),
            ValueKind.Choice => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. shape.Words.Select(word => JsonValue.Create(word))]) },
            ValueKind.Parsed => Text(shape.TextForm?.Pattern),
            ValueKind.List => List(shape, option),
            ValueKind.Map => Map(shape, option),
            _ => Record(shape),
        };
        if (option is null)
        {
            return schema;
        }
        if (option.AllowsNull)
        {
            AllowNull(schema);
        }
        schema["description"] = option.Description;
        if (ValueWords.Write(option.Default) is { } value)
        {
            schema["default"] = JsonNode.Parse(value);
        }
        return schema;
    }

    private static JsonObject Text(string? pattern)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (pattern is not null)
        {
            schema["pattern"] = pattern;
        }
        return schema;
    }

    // The attribute of .NET matches the whole text, with or without anchors.
    private static string? Pattern(OptionShape? option) =>
        option?.Get<RegularExpressionAttribute>()?.Pattern is { } pattern ? pattern.StartsWith('^') ? pattern : $"^(?:{pattern})$"
        : option?.Get<MinLengthAttribute>() is not null ? "." : null;

    private static JsonObject Number(string type, OptionShape? option)
    {
        var schema = new JsonObject { ["type"] = type };
        if (option?.Get<RangeAttribute>() is { } range)
        {
            schema["minimum"] = Convert.ToDouble(range.Minimum, null);
            schema["maximum"] = Convert.ToDouble(range.Maximum, null);
        }
        return schema;
    }

    private static JsonObject List(ValueShape shape, OptionShape? option)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Of(shape.Item!, null) };
        if (option?.Get<MinLengthAttribute>() is { } minimum)
        {
            schema["minItems"] = minimum.Length;
        }
        return schema;
    }

    private static JsonObject Map(ValueShape shape, OptionShape? option)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (option?.Get<DefaultsEntryAttribute>() is { } defaults)
        {
            schema["properties"] = new JsonObject { [defaults.Name] = Of(shape.Item!, null) };
        }
        var names = option?.Get<NamesAttribute>() ?? NamesAttribute.Default;
        schema["patternProperties"] = new JsonObject { [names.Pattern] = Of(shape.Item!, null) };
        schema["additionalProperties"] = false;
        return schema;
    }

    private static JsonObject Record(ValueShape shape)
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(shape.Options.Select(option => KeyValuePair.Create<string, JsonNode?>(option.Key, Of(option.Value, option)))),
        };
        if (shape.Options.Where(option => option.IsRequired).Select(option => JsonValue.Create(option.Key)).ToArray() is { Length: > 0 } required)
        {
            schema["required"] = new JsonArray([.. required]);
        }
        schema["additionalProperties"] = false;
        return shape.HasTextForm ? new JsonObject { ["anyOf"] = new JsonArray(Text(shape.TextForm?.Pattern), schema) } : schema;
    }

    private static void AllowNull(JsonObject schema)
    {
        if (schema["type"] is { } type)
        {
            schema["type"] = new JsonArray(type.GetValue<string>(), "null");
        }
        if (schema["enum"] is JsonArray words)
        {
            words.Add((JsonNode?)null);
        }
    }
}
