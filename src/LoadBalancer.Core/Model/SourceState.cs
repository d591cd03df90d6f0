namespace LoadBalancer.Core.Model;

/// <summary>What a source says of an endpoint's state. The order is from best to worst.</summary>
public enum SourceState
{
    /// <summary>Fit for traffic.</summary>
    Passing,

    /// <summary>Fit for traffic at its warning weight.</summary>
    Warning,

    /// <summary>In maintenance: no new traffic, what runs may finish.</summary>
    Drain,

    /// <summary>A check of the endpoint or of its node fails.</summary>
    Critical,
}
