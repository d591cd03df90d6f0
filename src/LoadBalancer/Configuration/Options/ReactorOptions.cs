using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Configuration.Options;

/// <summary>The reactor, the engine on Linux.</summary>
public sealed record ReactorOptions
{
    /// <summary>How many loops; 0 for one per core.</summary>
    [Description("How many event loops, each with a thread of its own; 0 is one per core. A change takes effect at the next start.")]
    [Range(0, 1024)]
    public int Threads { get; init; }
}
