using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Static;

/// <summary>One endpoint written in lb.json: <c>"10.0.0.7:8080"</c> or <c>{ "address": "10.0.0.8:8080", "weight": 3 }</c>.</summary>
public sealed record StaticEndpointOptions : IParsable<StaticEndpointOptions>, IValidatableObject
{
    /// <summary>"10.0.0.7:8080", "[::1]:80" or "name:80"; a name is resolved when a connection is made.</summary>
    [Description("Address and port: \"10.0.0.7:8080\", \"[::1]:80\" or \"name:80\". A name is resolved when a connection is made.")]
    [Display(Prompt = "10.0.0.7:8080")]
    public string? Address { get; init; }

    /// <summary>Share of traffic relative to its neighbours; 0 takes no new traffic.</summary>
    [Description("Share of traffic relative to the other endpoints of the service; 0 takes no new traffic.")]
    [Range(0, 65535)]
    public int Weight { get; init; } = 1;

    /// <summary>The lowest priority that has an available endpoint gets the traffic.</summary>
    [Description("Endpoints of the lowest priority number get the traffic; the next number only when none of a lower one is available.")]
    [Range(0, 65535)]
    public int Priority { get; init; }

    /// <summary>Tags that a host name may ask for.</summary>
    [Description("Tags; <tag>.<service>.<domain> reaches the endpoints that carry the tag.")]
    [Display(Prompt = "v2")]
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Free key-value pairs.</summary>
    [Description("Free key-value pairs, shown with the endpoint.")]
    public IReadOnlyDictionary<string, string> Meta { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The datacenter that it is in.</summary>
    [Description("The datacenter that the endpoint is in.")]
    [Display(Prompt = "dc1")]
    public string? Datacenter { get; init; }

    /// <summary>The form of a single string: the address. Whether it is one is said by <see cref="Validate"/>.</summary>
    public static StaticEndpointOptions Parse(string s, IFormatProvider? provider) => new() { Address = s };

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out StaticEndpointOptions result)
    {
        result = s is null ? null : Parse(s, provider);
        return result is not null;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Authority.TryParse(Address ?? "", null, out _, out _, out var error))
        {
            yield return new ValidationResult(error, [nameof(Address)]);
        }
    }

    /// <summary>What a source reports of it.</summary>
    /// <exception cref="FormatException">The address is none, which <see cref="Validate"/> says beforehand.</exception>
    internal ObservedEndpoint ToObserved()
    {
        if (!Authority.TryParse(Address ?? "", null, out var host, out var port, out var error))
        {
            throw new FormatException(error);
        }
        return new ObservedEndpoint
        {
            Id = EndpointId.OfAddress(host, port),
            Host = host,
            Port = port,
            Weight = Weight,
            WarningWeight = Weight,
            Priority = Priority,
            Tags = [.. Tags],
            Meta = Meta.ToImmutableDictionary(),
            Datacenter = Datacenter ?? "",
        };
    }
}
