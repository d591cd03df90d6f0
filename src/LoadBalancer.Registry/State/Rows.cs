namespace LoadBalancer.Registry.State;

/// <summary>Comparison by content for what rows hold; null and empty are the same.</summary>
internal static class Rows
{
    public static bool Same<T>(IReadOnlyDictionary<string, T>? left, IReadOnlyDictionary<string, T>? right)
    {
        if (left is null || right is null || left.Count != right.Count)
        {
            return (left?.Count ?? 0) == 0 && (right?.Count ?? 0) == 0;
        }
        return left.All(pair => right.TryGetValue(pair.Key, out var value) && EqualityComparer<T>.Default.Equals(pair.Value, value));
    }

    public static IReadOnlyDictionary<string, T>? NullIfEmpty<T>(IReadOnlyDictionary<string, T>? map) => map is { Count: > 0 } ? map : null;
}
