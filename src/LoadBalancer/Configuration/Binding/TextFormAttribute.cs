namespace LoadBalancer.Configuration.Binding;

/// <summary>Describes the text form of an <see cref="IParsable{TSelf}"/> type for error messages and the JSON Schema.</summary>
/// <param name="name">What it is, with an article: "an address to listen on".</param>
/// <param name="example">A text that parses.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class TextFormAttribute(string name, string example) : Attribute
{
    /// <summary>What it is, with an article.</summary>
    public string Name { get; } = name;

    /// <summary>A text that parses.</summary>
    public string Example { get; } = example;

    /// <summary>An ECMAScript regular expression that every good text matches, or null.</summary>
    public string? Pattern { get; init; }
}
