using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;

namespace LoadBalancer.Configuration.Binding;

/// <summary>
/// What lb.json may hold in one place, derived by reflection from the type of an options property. The binder, the
/// JSON Schema and the tables of docs/configuration.md are all made from it.
/// </summary>
public sealed class ValueShape
{
    private static readonly ConcurrentDictionary<Type, ValueShape> s_shapes = new();

    private ValueShape(ValueKind kind, Type type)
    {
        Kind = kind;
        Type = type;
    }

    /// <summary>The kind of value.</summary>
    public ValueKind Kind { get; }

    /// <summary>The type of the property, list item or map value, without its <see cref="Nullable{T}"/>.</summary>
    public Type Type { get; }

    /// <summary>The shape of each item or value of a <see cref="ValueKind.List"/> or <see cref="ValueKind.Map"/>.</summary>
    public ValueShape? Item { get; private init; }

    /// <summary>The options of a <see cref="ValueKind.Record"/> in the order of their declaration.</summary>
    public ImmutableArray<OptionShape> Options { get; private init; } = [];

    /// <summary>The keys of the <see cref="Options"/>.</summary>
    public IEnumerable<string> Keys => Options.Select(option => option.Key);

    /// <summary>The words of a <see cref="ValueKind.Choice"/>.</summary>
    public ImmutableArray<string> Words { get; private init; } = [];

    /// <summary>A <see cref="ValueKind.Record"/> that may also be written as one text.</summary>
    public bool HasTextForm { get; private init; }

    /// <summary>What the type says of its text form; null for types that say nothing.</summary>
    public TextFormAttribute? TextForm => Type.GetCustomAttribute<TextFormAttribute>();

    /// <summary>The shape of the values of <paramref name="type"/>.</summary>
    /// <exception cref="NotSupportedException">An option has a type that lb.json cannot express: a defect.</exception>
    public static ValueShape Of(Type type) => s_shapes.GetOrAdd(Nullable.GetUnderlyingType(type) ?? type, Make);

    private static ValueShape Make(Type type)
    {
        if (type == typeof(string))
        {
            return new ValueShape(ValueKind.Text, type);
        }
        if (type == typeof(bool))
        {
            return new ValueShape(ValueKind.Boolean, type);
        }
        if (type == typeof(int) || type == typeof(long))
        {
            return new ValueShape(ValueKind.WholeNumber, type);
        }
        if (type == typeof(double))
        {
            return new ValueShape(ValueKind.Number, type);
        }
        if (type == typeof(TimeSpan))
        {
            return new ValueShape(ValueKind.Duration, type);
        }
        if (type.IsEnum)
        {
            return new ValueShape(ValueKind.Choice, type) { Words = [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)] };
        }
        if (GenericArguments(type, typeof(IReadOnlyDictionary<,>)) is [var key, var value] && key == typeof(string))
        {
            return new ValueShape(ValueKind.Map, type) { Item = Of(value) };
        }
        if (GenericArguments(type, typeof(IReadOnlyList<>)) is [var item])
        {
            return new ValueShape(ValueKind.List, type) { Item = Of(item) };
        }
        var isParsed = type.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IParsable<>));
        var options = OptionsOf(type);
        if (options.Length > 0)
        {
            return new ValueShape(ValueKind.Record, type) { Options = options, HasTextForm = isParsed };
        }
        return isParsed
            ? new ValueShape(ValueKind.Parsed, type)
            : throw new NotSupportedException($"{type} has no form in lb.json");
    }

    private static ImmutableArray<OptionShape> OptionsOf(Type type) =>
    [
        .. type.GetProperties()
            .Where(property => property.GetCustomAttribute<DescriptionAttribute>() is not null)
            .OrderBy(property => property.MetadataToken)
            .Select(property => new OptionShape(property)),
    ];

    private static Type[]? GenericArguments(Type type, Type definition) =>
        type.GetInterfaces().Append(type)
            .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == definition)?.GetGenericArguments();
}
