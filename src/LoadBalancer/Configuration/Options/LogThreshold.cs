namespace LoadBalancer.Configuration.Options;

/// <summary>The least important lines that are still logged.</summary>
public enum LogThreshold
{
    /// <summary>Everything.</summary>
    Trace,

    /// <summary>What helps to find a defect.</summary>
    Debug,

    /// <summary>What happens to services and endpoints.</summary>
    Info,

    /// <summary>What somebody should look at.</summary>
    Warn,

    /// <summary>What does not work.</summary>
    Error,
}
