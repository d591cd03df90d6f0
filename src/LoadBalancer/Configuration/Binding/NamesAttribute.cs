namespace LoadBalancer.Configuration.Binding;

/// <summary>Which names a map may have as keys. Without it: letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>@</c>.</summary>
/// <param name="pattern">A regular expression that .NET and ECMAScript read in the same way.</param>
/// <param name="rule">The rule in words: "a name is made of letters and digits".</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamesAttribute(string pattern, string rule) : Attribute
{
    /// <summary>For maps that say nothing.</summary>
    public static NamesAttribute Default { get; } = new("^[A-Za-z0-9_.@-]+$", "a name is made of letters, digits, - _ . @");

    /// <summary>Matches every good name.</summary>
    public string Pattern { get; } = pattern;

    /// <summary>The rule in words.</summary>
    public string Rule { get; } = rule;
}
