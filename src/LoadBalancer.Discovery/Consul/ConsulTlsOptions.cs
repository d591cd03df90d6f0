using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Discovery.Consul;

/// <summary>TLS to an <c>https://</c> agent. Files are PEM.</summary>
public sealed record ConsulTlsOptions : IValidatableObject
{
    /// <summary>Null means the system's trust.</summary>
    [Description("PEM file with the authorities that sign the agent's certificate. Default: CONSUL_CACERT, else the system's.")]
    [DataType("existing file")]
    [Display(Prompt = "consul-ca.pem")]
    public string? Ca { get; init; }

    /// <summary>With <see cref="Key"/>.</summary>
    [Description("PEM file with the client certificate. Default: CONSUL_CLIENT_CERT.")]
    [DataType("existing file")]
    [Display(Prompt = "client.pem")]
    public string? Certificate { get; init; }

    /// <summary>With <see cref="Certificate"/>.</summary>
    [Description("PEM file with the client certificate's key. Default: CONSUL_CLIENT_KEY.")]
    [DataType("existing file")]
    [Display(Prompt = "client-key.pem")]
    public string? Key { get; init; }

    /// <summary>Null means the host of the address.</summary>
    [Description("The name that the agent's certificate must carry. Default: CONSUL_TLS_SERVER_NAME, else the host of the address.")]
    [Display(Prompt = "server.dc1.consul")]
    public string? ServerName { get; init; }

    /// <summary>Also true when CONSUL_HTTP_SSL_VERIFY is false.</summary>
    [Description("Accept any certificate of the agent. For tests only.")]
    public bool SkipVerify { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is null != Key is null)
        {
            yield return new("a client certificate needs both certificate and key", [nameof(Certificate), nameof(Key)]);
        }
    }
}
