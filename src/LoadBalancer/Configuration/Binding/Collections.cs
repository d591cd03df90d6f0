using System.Collections;
using System.Collections.Immutable;
using System.Reflection;

namespace LoadBalancer.Configuration.Binding;

/// <summary>Turns the lists and dictionaries that the binder fills into the type that a property has.</summary>
internal static class Collections
{
    private static readonly MethodInfo s_array = Method(nameof(ToArray));
    private static readonly MethodInfo s_immutableArray = Method(nameof(ToImmutableArray));
    private static readonly MethodInfo s_immutableDictionary = Method(nameof(ToImmutableDictionary));

    /// <summary><paramref name="filled"/>, a List or Dictionary, as <see cref="ValueShape.Type"/>.</summary>
    /// <exception cref="NotSupportedException">An option has another type of collection: a defect.</exception>
    public static object ToPropertyType(IEnumerable filled, ValueShape shape)
    {
        if (shape.Type.IsInstanceOfType(filled))
        {
            return filled;
        }
        var convert = shape.Type.IsArray ? s_array
            : !shape.Type.IsGenericType ? null
            : shape.Type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) ? s_immutableArray
            : shape.Type.GetGenericTypeDefinition() == typeof(ImmutableDictionary<,>) ? s_immutableDictionary
            : null;
        return convert?.MakeGenericMethod(shape.Item!.Type).Invoke(null, [filled])
            ?? throw new NotSupportedException($"the binder cannot make a {shape.Type}");
    }

    private static T[] ToArray<T>(List<T> items) => [.. items];

    private static ImmutableArray<T> ToImmutableArray<T>(List<T> items) => [.. items];

    private static ImmutableDictionary<string, T> ToImmutableDictionary<T>(Dictionary<string, T> items) => items.ToImmutableDictionary();

    private static MethodInfo Method(string name) => typeof(Collections).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
}
