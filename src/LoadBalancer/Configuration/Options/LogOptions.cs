using System.ComponentModel;

namespace LoadBalancer.Configuration.Options;

/// <summary>The log, on standard error.</summary>
public sealed record LogOptions
{
    /// <summary>The threshold.</summary>
    [Description("The least important lines that are still written.")]
    public LogThreshold Level { get; init; } = LogThreshold.Info;

    /// <summary>The form of a line.</summary>
    [Description("How a line looks: for people, or one JSON object a line.")]
    public LogFormat Format { get; init; }
}
