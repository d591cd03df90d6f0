namespace LoadBalancer.Configuration.Binding;

/// <summary>
/// One entry of a map holds the defaults of the others: a key that an entry does not set comes from there, then from
/// the built-in default.
/// </summary>
/// <param name="name">The name of that entry.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultsEntryAttribute(string name) : Attribute
{
    /// <summary>The name of that entry.</summary>
    public string Name { get; } = name;
}
