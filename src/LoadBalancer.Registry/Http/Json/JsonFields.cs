using System.Text.Json;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>
/// Reads one JSON object field by field. Keys match as in Consul, without regard to case, and underscores do not count,
/// so that <c>TLSSkipVerify</c> of the HTTP interface and <c>tls_skip_verify</c> of a definition file are the same.
/// Every error names the field's path. A field that nobody asked for is an error at <see cref="End"/>, never ignored.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonProperty> _fields = [];
    private readonly Dictionary<string, string> _spellings = [];
    private readonly List<string> _known = [];
    private readonly string _path;

    private JsonFields(JsonElement element, string path)
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path.Length == 0 ? "the body" : path, "a JSON object, {...}");
        }
        foreach (var property in element.EnumerateObject())
        {
            if (!_fields.TryAdd(Key(property.Name), property))
            {
                throw RefusedException.BadRequest($"Request decode failed: field \"{At(property.Name)}\" is given twice; keep one");
            }
            _spellings[Key(property.Name)] = property.Name;
        }
    }

    /// <summary>Starts at the root of a request's body.</summary>
    public static JsonFields Root(JsonElement root) => new(root, "");

    /// <summary>The path of <paramref name="name"/> for an error, as the sender spells it.</summary>
    public string At(string name)
    {
        var spelled = _spellings.GetValueOrDefault(Key(name), name);
        return _path.Length == 0 ? spelled : $"{_path}.{spelled}";
    }

    public bool Has(string name) => _fields.TryGetValue(Key(name), out var field) && field.Value.ValueKind != JsonValueKind.Null;

    public string Text(string name) => Take(name) switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        _ => throw Wrong(At(name), "a string"),
    };

    public bool Flag(string name) => Take(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(At(name), "true or false"),
    };

    public int? Integer(string name, int minimum, int maximum) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= minimum && number <= maximum => number,
        _ => throw Wrong(At(name), $"a whole number from {minimum} to {maximum}"),
    };

    /// <summary>A Go duration, or as in Consul a number of nanoseconds; zero when absent.</summary>
    public TimeSpan Duration(string name)
    {
        switch (Take(name))
        {
            case null:
                return TimeSpan.Zero;
            case { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var nanoseconds):
                return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
            case { ValueKind: JsonValueKind.String } value when value.GetString() is "":
                return TimeSpan.Zero;
            case { ValueKind: JsonValueKind.String } value when GoDuration.TryParse(value.GetString()!, out var duration):
                return duration;
            default:
                throw Wrong(At(name), "a duration like \"10s\" or \"1m30s\"");
        }
    }

    public string[] Texts(string name) => Take(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(item => item.GetString()!)],
        _ => throw Wrong(At(name), "an array of strings"),
    };

    public Dictionary<string, string>? TextMap(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value when value.EnumerateObject().All(item => item.Value.ValueKind == JsonValueKind.String) =>
            Map(name, value, item => item.GetString()!),
        _ => throw Wrong(At(name), "an object whose values are strings"),
    };

    public Dictionary<string, IReadOnlyList<string>>? TextsMap(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value when value.EnumerateObject().All(item =>
            item.Value.ValueKind == JsonValueKind.Array && item.Value.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)) =>
            Map<IReadOnlyList<string>>(name, value, item => [.. item.EnumerateArray().Select(text => text.GetString()!)]),
        _ => throw Wrong(At(name), "an object whose values are arrays of strings"),
    };

    public Dictionary<string, JsonFields>? ObjectMap(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => value.EnumerateObject().ToDictionary(item => item.Name, item => new JsonFields(item.Value, $"{At(name)}.{item.Name}"), StringComparer.Ordinal),
        _ => throw Wrong(At(name), "an object"),
    };

    public JsonFields? Object(string name) => Take(name) is { } value ? new JsonFields(value, At(name)) : null;

    /// <summary>An array of objects, or as definition files allow one object alone.</summary>
    public JsonFields[] Objects(string name) => Take(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select((item, i) => new JsonFields(item, $"{At(name)}[{i}]"))],
        { ValueKind: JsonValueKind.Object } value => [new JsonFields(value, At(name))],
        _ => throw Wrong(At(name), "an object or an array of objects"),
    };

    /// <summary>True when the object has no field at all.</summary>
    public bool IsEmpty => _fields.Count == 0;

    /// <summary>Refuses fields that Consul has and this registry does not do; their empty values are fine.</summary>
    public void Unsupported(string remedy, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Take(name) is { } value && !IsBlank(value))
            {
                throw RefusedException.BadRequest($"field \"{At(name)}\" is not supported by the embedded registry: {remedy}");
            }
            _known.Remove(name);
        }
    }

    /// <summary>Refuses what is left.</summary>
    public void End()
    {
        if (_fields.Count > 0)
        {
            throw RefusedException.BadRequest($"Request decode failed: unknown field \"{At(_fields.Values.First().Name)}\": remove it, or use one of {string.Join(", ", _known)}");
        }
    }

    public static RefusedException Wrong(string path, string expected) => RefusedException.BadRequest($"Request decode failed: {path} must be {expected}");

    private static string Key(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool IsBlank(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetInt32(out var number) && number == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.EnumerateObject().All(item => IsBlank(item.Value)),
        _ => value.ValueKind == JsonValueKind.Null,
    };

    private Dictionary<string, T> Map<T>(string name, JsonElement value, Func<JsonElement, T> read)
    {
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in value.EnumerateObject())
        {
            if (!map.TryAdd(item.Name, read(item.Value)))
            {
                throw RefusedException.BadRequest($"Request decode failed: field \"{At(name)}.{item.Name}\" is given twice; keep one");
            }
        }
        return map;
    }

    private JsonElement? Take(string name)
    {
        _known.Add(name);
        return _fields.Remove(Key(name), out var field) && field.Value.ValueKind != JsonValueKind.Null ? field.Value : null;
    }
}
