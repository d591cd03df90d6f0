using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Configuration.Options;

/// <summary>
/// An address to listen on: an IP address and port, all addresses of the machine (":80", "*:80"), "localhost:80"
/// (127.0.0.1), or a Unix socket ("unix:/run/lb.sock").
/// </summary>
[TextForm("an address to listen on", ":8080", Pattern = @"^(unix:.+|([0-9.]+|\*|localhost|\[[0-9A-Fa-f:.%]+\])?:[0-9]{1,5})$")]
public sealed record BindAddress : IParsable<BindAddress>
{
    private const string Forms = "\"127.0.0.1:8080\", \":8080\", \"[::1]:8080\" or \"unix:/run/lb.sock\"";

    private BindAddress(IPAddress? address, int port, string? unixPath)
    {
        Address = address;
        Port = port;
        UnixPath = unixPath;
    }

    /// <summary>The address; null for a Unix socket. IPv6Any means all addresses, IPv4 too.</summary>
    public IPAddress? Address { get; }

    /// <summary>1 to 65535; 0 for a Unix socket.</summary>
    public int Port { get; }

    /// <summary>The path of the Unix socket, else null.</summary>
    public string? UnixPath { get; }

    /// <summary>What a socket binds to. For <see cref="IPAddress.IPv6Any"/> the socket must be dual mode.</summary>
    public EndPoint EndPoint => UnixPath is not null ? new UnixDomainSocketEndPoint(UnixPath) : new IPEndPoint(Address!, Port);

    /// <summary>An IP address and a port from 1 to 65535.</summary>
    public static BindAddress Of(IPAddress address, int port) => new(address, port, null);

    /// <summary>Reads one of the forms.</summary>
    /// <exception cref="FormatException">It is none of them; the message says what is wrong.</exception>
    public static BindAddress Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        if (s.StartsWith("unix:", StringComparison.Ordinal))
        {
            return UnixSocket(s["unix:".Length..]);
        }
        var colon = s.LastIndexOf(':');
        if (colon < 0 || (s[..colon].Contains(':', StringComparison.Ordinal) && s[0] != '['))
        {
            throw new FormatException($"\"{s}\" {(colon < 0 ? "has no port" : "is ambiguous: an IPv6 address stands in brackets")}; write {Forms}");
        }
        var portText = s[(colon + 1)..];
        if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            throw new FormatException($"\"{portText}\" is not a port; a port is a number from 1 to 65535");
        }
        return new BindAddress(ParseHost(s[..colon]), port, null);
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out BindAddress result)
    {
        try
        {
            result = s is null ? null : Parse(s, provider);
        }
        catch (FormatException)
        {
            result = null;
        }
        return result is not null;
    }

    /// <summary>True when both cannot be bound at the same time.</summary>
    public bool Overlaps(BindAddress other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Address is null || other.Address is null)
        {
            return UnixPath == other.UnixPath;
        }
        return Port == other.Port && (Covers(Address, other.Address) || Covers(other.Address, Address));
    }

    /// <summary>"127.0.0.1:80", ":80" for all addresses, "unix:/path".</summary>
    public override string ToString() =>
        UnixPath is not null ? "unix:" + UnixPath
        : Address!.Equals(IPAddress.IPv6Any) ? string.Create(CultureInfo.InvariantCulture, $":{Port}")
        : Authority.Format(Address.ToString(), Port);

    private static bool Covers(IPAddress wide, IPAddress narrow) =>
        wide.Equals(narrow)
        || wide.Equals(IPAddress.IPv6Any)
        || (wide.Equals(IPAddress.Any) && narrow.AddressFamily == AddressFamily.InterNetwork);

    private static BindAddress UnixSocket(string path)
    {
        // sun_path of unix(7) holds 108 bytes, one of them the final zero.
        const int longest = 107;
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal) || System.Text.Encoding.UTF8.GetByteCount(path) > longest)
        {
            throw new FormatException($"a Unix socket needs an absolute path of at most {longest} bytes, for example \"unix:/run/lb.sock\"");
        }
        return new BindAddress(null, 0, path);
    }

    private static IPAddress ParseHost(string host)
    {
        switch (host)
        {
            case "" or "*":
                return IPAddress.IPv6Any;
            case "localhost":
                return IPAddress.Loopback;
        }
        var isBracketed = host is ['[', _, .., ']'];
        // IPAddress takes "1" and "0x7f.1" too: only the form that it would write itself is meant as an address.
        return IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address)
            && (isBracketed ? address.AddressFamily == AddressFamily.InterNetworkV6 : address.ToString() == host)
            ? address
            : throw new FormatException($"\"{host}\" is not an IP address of this machine, * or localhost; write {Forms}");
    }
}
