using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using LoadBalancer.Registry;

namespace LoadBalancer.Configuration.Options;

/// <summary>The embedded registry: one process, in memory, for a first run, a laptop and tests.</summary>
public sealed record EmbeddedRegistryOptions : IValidatableObject
{
    /// <summary>Where its HTTP interface listens.</summary>
    [Description("Address and port of the HTTP interface, as Consul's.")]
    public BindAddress Http { get; init; } = BindAddress.Of(IPAddress.Loopback, 8500);

    /// <summary>Where its DNS interface listens, UDP and TCP; null for none.</summary>
    [Description("Address and port of the DNS interface, UDP and TCP. `null` turns it off.")]
    public BindAddress? Dns { get; init; } = BindAddress.Of(IPAddress.Loopback, 8600);

    /// <summary>The name of its datacenter.</summary>
    [Description("The name of its datacenter.")]
    [MinLength(1)]
    [RegularExpression("^[A-Za-z0-9_-]+$", ErrorMessage = "not the name of a datacenter; it is made of letters, digits, - _")]
    public string Datacenter { get; init; } = "dc1";

    /// <summary>The domain that its DNS interface answers for.</summary>
    [Description("The domain that its DNS interface answers for.")]
    [MinLength(1)]
    [RegularExpression(@"^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$", ErrorMessage = "not a domain; write it without a dot at its ends, for example \"consul\"")]
    public string Domain { get; init; } = "consul";

    /// <summary>Run checks that are commands.</summary>
    [Description("Run checks of the kind script. Whoever can register a service can then run any command here.")]
    public bool AllowScripts { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Http.UnixPath is not null)
        {
            yield return new ValidationResult("the registry cannot listen on a Unix socket; write an address and port", [nameof(Http)]);
        }
        if (Dns?.UnixPath is not null)
        {
            yield return new ValidationResult("DNS cannot listen on a Unix socket; write an address and port", [nameof(Dns)]);
        }
    }

    /// <summary>The same for the registry.</summary>
    public RegistryOptions ToRegistryOptions() => new()
    {
        HttpBind = (IPEndPoint)Http.EndPoint,
        DnsBind = (IPEndPoint?)Dns?.EndPoint,
        Datacenter = Datacenter,
        Domain = Domain,
        AllowScripts = AllowScripts,
    };
}
