using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LoadBalancer.Core.Model;

/// <summary>Writes a host and port as RFC 3986 section 3.2 does: an IPv6 address stands in brackets.</summary>
public static class Authority
{
    /// <summary>"10.0.0.1:80", "[::1]:80", "name:80".</summary>
    public static string Format(string host, int port)
    {
        var isV6 = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return string.Create(CultureInfo.InvariantCulture, $"{(isV6 ? "[" : "")}{host}{(isV6 ? "]" : "")}:{port}");
    }
}
