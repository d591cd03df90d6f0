using System.Net;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// The SRV targets of Consul's DNS that carry facts in their name: <c>&lt;hex&gt;.addr.&lt;dc&gt;.&lt;domain&gt;</c>
/// (an address) and <c>&lt;node&gt;.node.&lt;dc&gt;.&lt;domain&gt;</c>. See "DNS Interface" of Consul's documentation.
/// </summary>
internal static class ConsulTarget
{
    /// <summary>
    /// Decodes an address target: 8 hex digits are an IPv4 and 32 an IPv6 address. Only within the domain of the
    /// question, so that a host "cafebabe.addr.example.com" of somebody else keeps its own address.
    /// </summary>
    public static bool TryDecode(string target, string query, out IPAddress address)
    {
        address = IPAddress.None;
        var dot = target.IndexOf('.', StringComparison.Ordinal);
        if (dot is not (8 or 32) || Datacenter(target, query, "addr") is not { Length: > 0 })
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[dot / 2];
        if (Convert.FromHexString(target.AsSpan(0, dot), bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }
        address = new IPAddress(bytes);
        return true;
    }

    /// <summary>The datacenter named in a target of Consul, or "".</summary>
    public static string DatacenterOf(string target, string query) => Datacenter(target, query, "addr") ?? Datacenter(target, query, "node") ?? "";

    // A node's name may hold dots, so the kind is looked for from the right.
    private static string? Datacenter(string target, string query, string kind)
    {
        var labels = target.TrimEnd('.').Split('.');
        var at = Array.FindLastIndex(labels, label => label.Equals(kind, StringComparison.OrdinalIgnoreCase));
        return at >= 1 && at + 2 < labels.Length && query.TrimEnd('.').EndsWith("." + string.Join('.', labels[(at + 2)..]), StringComparison.OrdinalIgnoreCase)
            ? labels[at + 1]
            : null;
    }
}
