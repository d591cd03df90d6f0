using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Configuration.Options;

/// <summary>One of several that share the requests of a route.</summary>
public sealed record RouteTargetOptions
{
    /// <summary>Where it leads to.</summary>
    [Description("The service that gets the share.")]
    [MinLength(1)]
    [Display(Prompt = "api")]
    [RegularExpression(ServiceName.Pattern, ErrorMessage = ServiceName.Rule)]
    public required string Service { get; init; }

    /// <summary>Only endpoints with this tag.</summary>
    [Description("Use only endpoints that carry this tag.")]
    [MinLength(1)]
    [Display(Prompt = "canary")]
    public string? Tag { get; init; }

    /// <summary>The share relative to the others.</summary>
    [Description("The share relative to the other items. 0 gets nothing.")]
    [Range(0, 1_000_000)]
    public required int Weight { get; init; }

    /// <summary>The same for the router.</summary>
    public RouteTarget ToTarget() => new(Service, Tag, Weight);
}
