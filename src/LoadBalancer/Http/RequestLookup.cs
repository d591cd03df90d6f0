using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Routing;
using LoadBalancer.Listeners;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LoadBalancer.Http;

/// <summary>ASP.NET's request as routing reads it.</summary>
internal sealed class RequestLookup(HttpContext context, TrustedNetworks trusted) : IHeaderLookup, IKeyLookup
{
    public string? Find(string name) =>
        !context.Request.Headers.TryGetValue(name, out var values) ? null
        : values.Count > 1 && name == HeaderNames.Cookie ? string.Join("; ", (IEnumerable<string?>)values)
        : values.ToString();

    public ulong? HashOf(HashKey key) => RequestKey.HashOf(context, key, trusted);
}
