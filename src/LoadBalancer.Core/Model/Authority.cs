using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Core.Model;

/// <summary>Reads and writes a host and port as RFC 3986 section 3.2 does: an IPv6 address stands in brackets.</summary>
public static class Authority
{
    /// <summary>"10.0.0.1:80", "[::1]:80", "name:80".</summary>
    public static string Format(string host, int port)
    {
        var isV6 = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return string.Create(CultureInfo.InvariantCulture, $"{(isV6 ? "[" : "")}{host}{(isV6 ? "]" : "")}:{port}");
    }

    /// <summary>
    /// Reads what <see cref="Format"/> writes: an IPv4 address, an IPv6 address in brackets or a host name, and a port
    /// of 1 to 65535, which may be missing when there is a <paramref name="defaultPort"/>.
    /// </summary>
    /// <param name="text">"10.0.0.1:80", "[::1]:80", "name:80".</param>
    /// <param name="defaultPort">The port when none is written, or null when one must be.</param>
    /// <param name="host">The address in its canonical form, or the name in lower case without a final dot.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="error">What is wrong and how to write it, for people.</param>
    public static bool TryParse(string text, int? defaultPort, out string host, out int port, [NotNullWhen(false)] out string? error)
    {
        (host, port, error) = ("", 0, null);
        var closing = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : 0;
        if (closing < 0)
        {
            error = $"'{text}' lacks the closing bracket: write an IPv6 address as \"[::1]:80\"";
            return false;
        }
        var colon = text.IndexOf(':', closing);
        if (closing == 0 && colon >= 0 && text.IndexOf(':', colon + 1) >= 0)
        {
            error = $"'{text}' has more than one colon: write an IPv6 address in brackets, \"[::1]:80\"";
            return false;
        }
        if (colon < 0 && defaultPort is null)
        {
            error = $"'{text}' has no port: write \"{(text.Length == 0 ? "10.0.0.1" : text)}:80\"";
            return false;
        }
        if (colon < 0)
        {
            port = defaultPort!.Value;
        }
        else if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
        {
            error = $"the port '{text[(colon + 1)..]}' of '{text}' is not a number from 1 to 65535";
            return false;
        }
        var written = colon < 0 ? text : text[..colon];
        host = closing > 0 ? CanonicalV6(written) : CanonicalName(written);
        error = host.Length == 0 ? $"'{written}' is neither an IP address nor a host name" : null;
        return error is null;
    }

    private static string CanonicalV6(string bracketed) =>
        bracketed[^1] == ']' && IPAddress.TryParse(bracketed.AsSpan(1, bracketed.Length - 2), out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ToString() : "";

    // A name whose last label is a number is an IPv4 address or a mistake, never a name; IPAddress alone would also
    // take "10.1" and "0x7f.1".
    private static string CanonicalName(string host)
    {
        var labels = host.TrimEnd('.').Split('.');
        if (labels[^1].All(char.IsAsciiDigit))
        {
            return labels.Length == 4 && labels.All(label => label == "0" || (label.Length is 1 or 2 or 3 && label[0] != '0' && label.All(char.IsAsciiDigit)))
                && IPAddress.TryParse(host, out var address) ? address.ToString() : "";
        }
        return DomainName.IsValid(host) ? host.TrimEnd('.').ToLowerInvariant() : "";
    }
}
