using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using LoadBalancer.Configuration.Binding;

namespace LoadBalancer.Configuration.Options;

/// <summary>One IP address, or all with a common prefix (CIDR, RFC 4632): "10.0.0.1", "10.0.0.0/8", "fd00::/8".</summary>
[TextForm("an IP address or range", "10.0.0.0/8", Pattern = "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$")]
public readonly record struct AddressRange : IParsable<AddressRange>
{
    private readonly IPNetwork _network;

    private AddressRange(IPNetwork network) => _network = network;

    /// <summary>Reads an address or a range.</summary>
    /// <exception cref="FormatException">It is neither; the message says what is wrong.</exception>
    public static AddressRange Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        var slash = s.IndexOf('/', StringComparison.Ordinal);
        var text = slash < 0 ? s : s[..slash];
        // IPAddress reads "10.0.0" as 10.0.0.0; somebody who wrote that forgot a part.
        if (!IPAddress.TryParse(text, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text))
        {
            throw new FormatException($"\"{s}\" is neither an IP address nor a range such as \"10.0.0.0/8\"");
        }
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (slash < 0)
        {
            return new AddressRange(new IPNetwork(address, bits));
        }
        if (!int.TryParse(s.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out var length) || length > bits)
        {
            throw new FormatException($"\"{s[slash..]}\" is not the length of a prefix; it is from /0 to /{bits} here");
        }
        var prefix = Mask(address, length);
        return prefix.Equals(address)
            ? new AddressRange(new IPNetwork(prefix, length))
            : throw new FormatException($"{address} has bits behind its prefix of {length}; write \"{prefix}/{length}\" for the range or \"{address}\" for the address");
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AddressRange result)
    {
        result = default;
        try
        {
            result = s is null ? default : Parse(s, provider);
            return s is not null;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>True when <paramref name="address"/> is in the range; IPv4 in IPv6 (::ffff:10.0.0.1) counts as IPv4.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    /// <summary>"10.0.0.0/8".</summary>
    public override string ToString() => _network.ToString();

    private static IPAddress Mask(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }
        return new IPAddress(bytes);
    }
}
