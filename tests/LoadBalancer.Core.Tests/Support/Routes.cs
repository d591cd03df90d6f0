using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Asks a router and shows the answer as text.</summary>
internal static class Routes
{
    /// <summary>"service", "tag.service", "(service)" when no source names it, or "-" when nothing matches.</summary>
    public static string Ask(this Router router, string host, string path = "/", string method = "GET", params (string Name, string Value)[] headers)
    {
        var match = router.Match(new RouteRequest(host, path, method, new Headers(headers)));
        if (!match.IsMatch)
        {
            return "-";
        }
        var name = match.Service is null ? $"({match.ServiceName})" : match.ServiceName;
        return match.Tag.IsEmpty ? name! : $"{match.Tag}.{name}";
    }

    /// <summary>What a request with this key gets; the hash of the key is its own, null for none.</summary>
    public static string AskByKey(this Router router, ulong? key)
    {
        var match = router.Match(new RouteRequest("h", "/", "GET", null) { Keys = new Keyed(key) });
        return match.Tag.IsEmpty ? match.ServiceName! : $"{match.Tag}.{match.ServiceName}";
    }

    private sealed class Keyed(ulong? key) : IKeyLookup
    {
        public ulong? HashOf(HashKey wanted) => key;
    }

    private sealed class Headers((string Name, string Value)[] all) : IHeaderLookup
    {
        public string? Find(string name) => Array.Find(all, header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
    }
}
