namespace LoadBalancer.Configuration.Binding;

/// <summary>The kinds of values that an option may have.</summary>
public enum ValueKind
{
    /// <summary>Any characters.</summary>
    Text,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A whole number.</summary>
    WholeNumber,

    /// <summary>A number with or without a fraction.</summary>
    Number,

    /// <summary>A time span with its unit, see <see cref="Duration"/>.</summary>
    Duration,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>A text in a form of its own (an address, a range of addresses).</summary>
    Parsed,

    /// <summary>A list of values of one shape.</summary>
    List,

    /// <summary>An object whose keys are names, with values of one shape.</summary>
    Map,

    /// <summary>An object whose keys are options.</summary>
    Record,
}
