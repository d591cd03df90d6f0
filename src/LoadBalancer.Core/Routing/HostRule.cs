using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Routing;

/// <summary>
/// The host names that need no route: "&lt;service&gt;.&lt;domain&gt;" and "&lt;tag&gt;.&lt;service&gt;.&lt;domain&gt;". Where the domain is one of
/// Consul's DNS ("haproxy.service.consul"), the form with a datacenter leads to the services of that datacenter, as it
/// does in Consul's DNS ("api.haproxy.service.dc1.consul").
/// </summary>
internal sealed class HostRule
{
    private const string Kind = ".service.";

    private readonly string _domain;
    private readonly string? _head;
    private readonly string? _tail;
    private readonly string? _self;

    public HostRule(string domain)
    {
        _domain = "." + domain.Trim('.');
        // "haproxy.service.consul": a datacenter stands between ".haproxy.service." and ".consul".
        var kind = _domain.LastIndexOf(Kind, StringComparison.OrdinalIgnoreCase);
        if (kind >= 0)
        {
            _head = _domain[..(kind + Kind.Length)];
            _tail = _domain[(kind + Kind.Length - 1)..];
            // "haproxy": the name that the balancers themselves are registered under.
            _self = _domain[1..Math.Max(1, kind)];
        }
    }

    public RouteMatch Match(ReadOnlySpan<char> host, Catalog catalog)
    {
        if (host.EndsWith(_domain, StringComparison.OrdinalIgnoreCase))
        {
            return Match(host[..^_domain.Length], default, catalog);
        }
        if (_head is not null && host.EndsWith(_tail, StringComparison.OrdinalIgnoreCase))
        {
            var rest = host[..^_tail!.Length];
            var dot = rest.LastIndexOf('.');
            if (dot > 0 && dot < rest.Length - 1 && rest[..(dot + 1)].EndsWith(_head, StringComparison.OrdinalIgnoreCase))
            {
                return Match(rest[..(dot + 1 - _head.Length)], rest[(dot + 1)..], catalog);
            }
        }
        return default;
    }

    private RouteMatch Match(ReadOnlySpan<char> name, ReadOnlySpan<char> datacenter, Catalog catalog)
    {
        if (name[(name.LastIndexOf('.') + 1)..].Equals(_self, StringComparison.OrdinalIgnoreCase))
        {
            // "haproxy.haproxy.service.consul" would come back here, for ever.
            return default;
        }
        if (Find(name, datacenter, catalog) is { } service)
        {
            return new RouteMatch(service, service.Name, default);
        }
        var dot = name.LastIndexOf('.');
        if (dot > 0 && Find(name[(dot + 1)..], datacenter, catalog) is { } tagged)
        {
            return new RouteMatch(tagged, tagged.Name, name[..dot]);
        }
        return default;
    }

    private static Service? Find(ReadOnlySpan<char> name, ReadOnlySpan<char> datacenter, Catalog catalog)
    {
        if (name.Contains('@'))
        {
            // "api@dc2" is how the catalog names a service of another datacenter, not a host name.
            return null;
        }
        if (datacenter.IsEmpty)
        {
            return catalog.Find(name);
        }
        if (name.Length + datacenter.Length < 512)
        {
            Span<char> buffer = stackalloc char[name.Length + 1 + datacenter.Length];
            name.CopyTo(buffer);
            buffer[name.Length] = '@';
            datacenter.CopyTo(buffer[(name.Length + 1)..]);
            if (catalog.Find(buffer) is { } remote)
            {
                return remote;
            }
        }
        return catalog.Find(name) is { } local && datacenter.Equals(local.Snapshot.Datacenter, StringComparison.OrdinalIgnoreCase) ? local : null;
    }
}
