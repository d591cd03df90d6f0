namespace LoadBalancer.Configuration.Binding;

/// <summary>How the values that an error message talks about are written.</summary>
public enum Notation
{
    /// <summary>As JSON: texts in double quotes, numbers without.</summary>
    Json,

    /// <summary>As bare text: every value in the meta of a registration is one.</summary>
    Bare,
}
