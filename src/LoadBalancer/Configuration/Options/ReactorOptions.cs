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

    /// <summary>Whether sends of one round go out together by io_uring.</summary>
    [Description("Whether small sends that are due at the same moment go to the kernel together, by io_uring: about a fifth less CPU for small requests under load. Without effect where the kernel is older than 6.1 or does not allow it (as in most containers). A change takes effect at the next start.")]
    public bool IoUring { get; init; } = true;
}
