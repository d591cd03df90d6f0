using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Dns;

/// <summary>A service and the SRV name that it is found under.</summary>
/// <remarks>
/// What is written becomes a name to ask for by the first rule that fits:
/// <list type="number">
/// <item>A final dot: a full name, taken as it is. "api.example.com." is the service "api.example.com".</item>
/// <item>Two labels with a leading underscore (RFC 2782) and more after them: full. "_billing._tcp.example.com" is the service "billing".</item>
/// <item>Two labels with a leading underscore alone: below the domain. "_billing._tcp" is the service "billing".</item>
/// <item>One or two labels, "billing" or "tag.billing": below the domain; the service is called as it is written.</item>
/// <item>Anything else is refused, because it may be meant in two ways.</item>
/// </list>
/// A final dot in an RFC 2782 name changes nothing.
/// </remarks>
/// <param name="Service">The service's name in this balancer.</param>
/// <param name="Query">The full SRV name, lower case, with a final dot.</param>
internal readonly record struct DnsName(string Service, string Query)
{
    /// <summary>Reads <paramref name="written"/>, in which <see cref="Problem"/> finds nothing.</summary>
    /// <param name="name">The service's name where it is given, else null.</param>
    /// <param name="written">What to ask for, as in lb.json.</param>
    /// <param name="domain">"service.consul".</param>
    public static DnsName Of(string? name, string written, string domain)
    {
        var full = written.TrimEnd('.').ToLowerInvariant();
        var labels = full.Split('.');
        var rfc2782 = IsRfc2782(labels);
        if (!written.EndsWith('.') && !(rfc2782 && labels.Length > 2))
        {
            full += "." + domain.Trim('.').ToLowerInvariant();
        }
        return new DnsName(name ?? (rfc2782 ? labels[0][1..] : written.TrimEnd('.').ToLowerInvariant()), full + ".");
    }

    /// <summary>Why <paramref name="written"/> cannot be asked for and what to write instead, or null.</summary>
    public static string? Problem(string written)
    {
        if (!DomainName.IsValid(written))
        {
            return $"'{written}' is no DNS name: labels of 1 to 63 letters, digits, '-' or '_', with dots between them";
        }
        var labels = written.TrimEnd('.').Split('.');
        return labels.Length > 2 && !written.EndsWith('.') && !IsRfc2782(labels)
            ? $"'{written}' may be a full name or one below the domain: write \"{written}.\" with a final dot for the full name"
            : null;
    }

    private static bool IsRfc2782(string[] labels) => labels.Length >= 2 && labels[0].Length > 1 && labels[0][0] == '_' && labels[1][0] == '_';
}
