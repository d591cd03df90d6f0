using System.Collections.Immutable;
using System.Net;
using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Listeners;

/// <summary>The peers whose X-Forwarded-* and PROXY headers are believed: proxies of our own in front of this one.</summary>
internal sealed class TrustedNetworks(ImmutableArray<AddressRange> networks)
{
    /// <summary>True when the peer is one of them; an IPv4 address in IPv6 form counts as IPv4. A peer without an address never is.</summary>
    public bool Contains(IPAddress? peer)
    {
        if (peer is null || networks.IsEmpty)
        {
            return false;
        }
        foreach (var network in networks)
        {
            if (network.Contains(peer))
            {
                return true;
            }
        }
        return false;
    }
}
