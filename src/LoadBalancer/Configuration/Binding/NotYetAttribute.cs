namespace LoadBalancer.Configuration.Binding;

/// <summary>Words that the design knows and this version refuses, with a better message than "unknown".</summary>
/// <param name="words">As they would stand in lb.json.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NotYetAttribute(params string[] words) : Attribute
{
    /// <summary>As they would stand in lb.json.</summary>
    public IReadOnlyList<string> Words { get; } = words;
}
