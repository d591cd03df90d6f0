using System.Text;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Reactor.Http.Parsing;

namespace LoadBalancer.Reactor.Http;

/// <summary>The key of a request that balancing by hash goes by.</summary>
internal static class RequestKey
{
    /// <summary>The hash of the key, or null when the request has none. Of a header field that comes several times the first counts.</summary>
    public static ulong? HashOf(HttpLoop http, HashKey key, HttpConnection client, ReadOnlySpan<byte> head) => key.Kind switch
    {
        HashKeyKind.Source => KeyHash.Of(ClientAddress.Of(http, client, head)),
        HashKeyKind.Header => http.Request.Table.TryFind(head, key.Name, out var value) ? KeyHash.Of(value) : null,
        HashKeyKind.Cookie => OfCookie(http.Request.Table, head, key.Name),
        HashKeyKind.Path => KeyHash.Of(PathOf(http.Request.Target.Of(head))),
        HashKeyKind.Query => OfQuery(http.Request.Target.Of(head), key.Name),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, null),
    };

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        return path.IsEmpty ? "/"u8 : path;
    }

    private static ulong? OfQuery(ReadOnlySpan<byte> target, string name)
    {
        var query = target.IndexOf((byte)'?');
        return query < 0 ? null : KeyHash.OfQuery(Encoding.Latin1.GetString(target[query..]), name);
    }

    private static ulong? OfCookie(FieldTable table, ReadOnlySpan<byte> head, string name)
    {
        foreach (ref readonly var field in table.Fields)
        {
            if (field.Kind == FieldKind.Cookie && KeyHash.OfCookie(Encoding.Latin1.GetString(field.Value.Of(head)), name) is { } hash)
            {
                return hash;
            }
        }
        return null;
    }
}
