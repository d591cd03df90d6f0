namespace LoadBalancer.Registry.State;

/// <summary>What a read found, and the index of its scope at that moment.</summary>
internal readonly record struct Indexed<T>(T Value, ulong Index);
