using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace LoadBalancer.Discovery.Consul;

/// <summary>How the balancer registers itself, so that Consul's DNS answers <c>service.haproxy.service.consul</c>.</summary>
public sealed record ConsulRegisterOptions : IValidatableObject
{
    /// <summary>The service's name.</summary>
    [Description("The service name of the balancer in Consul; <service>.<name>.service.consul resolves to it.")]
    [RegularExpression("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", ErrorMessage = "The name must be one DNS label: letters, digits and '-'.")]
    public string Name { get; init; } = "haproxy";

    /// <summary>Null means <c>name-hostname-port</c>.</summary>
    [Description("The id of the registration; unique on its agent. Default: <name>-<host name>-<port>.")]
    [Display(Prompt = "haproxy-1")]
    public string? Id { get; init; }

    /// <summary>Null means the local address that routes to the agent; the agent's own address when the agent is local.</summary>
    [Description("The IP address that clients reach the balancer at. Default: the local address that routes to the agent, or the agent's own when it runs on this machine.")]
    [Display(Prompt = "192.0.2.10")]
    public string? Address { get; init; }

    /// <summary>0 means the first listener's.</summary>
    [Description("The port that clients reach the balancer at. Default: the first http listener's.")]
    [Range(0, 65535)]
    public int Port { get; init; }

    /// <summary>In addition to one tag per routed service.</summary>
    [Description("Further tags of the registration.")]
    [Display(Prompt = "edge")]
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>How often Consul checks the balancer.</summary>
    [Description("How often Consul checks the balancer.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one check may take.</summary>
    [Description("How long one check of the balancer may take.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CheckTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Consul acts on it at one minute at the earliest.</summary>
    [Description("Consul removes the registration when its check has failed for this long.")]
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan DeregisterCriticalServiceAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is not null && !IPAddress.TryParse(Address, out _))
        {
            yield return new($"'{Address}' is not an IP address; Consul's DNS would answer with a CNAME", [nameof(Address)]);
        }
    }
}
