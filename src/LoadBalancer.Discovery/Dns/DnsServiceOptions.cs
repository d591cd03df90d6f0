using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// One service that is found by SRV records: <c>"billing"</c>, <c>"_billing._tcp.example.com"</c> or
/// <c>{ "name": "billing", "srv": "api.example.com." }</c>. <see cref="DnsName"/> has the rule of the names.
/// </summary>
public sealed record DnsServiceOptions : IParsable<DnsServiceOptions>, IValidatableObject
{
    /// <summary>The service's name; null takes it from <see cref="Srv"/>.</summary>
    [Description("Name of the service in this balancer; by default it follows from srv.")]
    [Display(Prompt = "billing")]
    public string? Name { get; init; }

    /// <summary>The name whose SRV records are asked for; null takes <see cref="Name"/>.</summary>
    [Description("Name to ask for: \"billing\" or \"v2.billing\" below the domain, an RFC 2782 name like \"_billing._tcp.example.com\", or any full name with a final dot. By default the name.")]
    [Display(Prompt = "_billing._tcp.example.com")]
    public string? Srv { get; init; }

    /// <summary>The form of a single string: the SRV name, from which the service's name follows.</summary>
    public static DnsServiceOptions Parse(string s, IFormatProvider? provider) => new() { Srv = s };

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out DnsServiceOptions result)
    {
        result = s is null ? null : Parse(s, provider);
        return result is not null;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Name is { Length: 0 })
        {
            yield return new ValidationResult("a service's name cannot be empty", [nameof(Name)]);
        }
        else if (DnsName.Problem(Srv ?? Name ?? "") is { } problem)
        {
            yield return new ValidationResult(problem, [Srv is null && Name is not null ? nameof(Name) : nameof(Srv)]);
        }
    }

    /// <summary>The service's name in this balancer.</summary>
    public string ServiceName => Resolve("").Service;

    /// <summary>The service's name and the full SRV name to ask for.</summary>
    internal DnsName Resolve(string domain) => DnsName.Of(Name, Srv ?? Name ?? "", domain);
}
