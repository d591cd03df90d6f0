using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Configuration.Options;

/// <summary>Where copies of a route's requests go.</summary>
public sealed record MirrorOptions
{
    /// <summary>Who gets them.</summary>
    [Description("The service that gets the copies.")]
    [MinLength(1)]
    [Display(Prompt = "api-next")]
    [RegularExpression(ServiceName.Pattern, ErrorMessage = ServiceName.Rule)]
    public required string Service { get; init; }

    /// <summary>Only endpoints with this tag.</summary>
    [Description("Use only endpoints that carry this tag.")]
    [MinLength(1)]
    [Display(Prompt = "v2")]
    public string? Tag { get; init; }

    /// <summary>How many of a hundred requests are copied.</summary>
    [Description("How many of a hundred requests are copied.")]
    [Range(0.0, 100.0)]
    public double Percent { get; init; } = 100;

    /// <summary>How many copies there may be at once.</summary>
    [Description("How many copies the service gets at once, from all routes of this balancer. What comes while there are so many is not copied.")]
    [Range(1, 100_000)]
    public int MaxInFlight { get; init; } = 100;

    /// <summary>The longest body that is copied.</summary>
    [Description("The longest body that is copied, in bytes. A request with a longer one is not. 0 copies only requests without a body.")]
    [Range(0, 16 * 1024 * 1024)]
    public int MaxBody { get; init; } = 64 * 1024;

    /// <summary>The same for the router.</summary>
    public MirrorSettings ToSettings() => new() { Service = Service, Tag = Tag, Percent = Percent, MaxInFlight = MaxInFlight, MaxBody = MaxBody };
}
