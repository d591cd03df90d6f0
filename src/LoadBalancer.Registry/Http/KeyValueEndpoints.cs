using System.Globalization;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/kv: keys and values, without sessions.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/kv"/></remarks>
internal static class KeyValueEndpoints
{
    private const string MissingKey = "Missing key name";

    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/kv/{**rest}", context => GetAsync(context, api));
        routes.MapPut("/v1/kv/{**rest}", context => PutAsync(context, api));
        routes.MapDelete("/v1/kv/{**rest}", context => DeleteAsync(context, api));
    }

    private static async Task GetAsync(HttpContext context, RegistryApi api)
    {
        var query = context.Request.Query;
        var keys = query.ContainsKey("keys");
        var scope = new Scope(Table.KeyValues);
        if (keys || query.ContainsKey("recurse"))
        {
            var prefix = RegistryApi.Rest(context, "");
            var rows = await api.QueryAsync(context, () => api.KeyValues.List(prefix), scope);
            if (rows.Length == 0)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            await (keys
                ? RegistryApi.AnswerAsync(context, UpToSeparator(rows, prefix, query["separator"].ToString()))
                : RegistryApi.AnswerAsync(context, rows));
            return;
        }
        var key = RegistryApi.Rest(context, MissingKey);
        var row = await api.QueryAsync(context, () => api.KeyValues.Get(key), scope);
        if (row is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (query.ContainsKey("raw"))
        {
            // The value is a stranger's: a browser must neither guess its type nor run it.
            context.Response.ContentType = "text/plain";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.ContentSecurityPolicy = "sandbox";
            await context.Response.Body.WriteAsync(row.Value ?? [], context.RequestAborted);
        }
        else
        {
            await RegistryApi.AnswerAsync<KeyValueRow[]>(context, [row]);
        }
    }

    private static async Task PutAsync(HttpContext context, RegistryApi api)
    {
        var key = RegistryApi.Rest(context, MissingKey);
        RefuseSessions(context, api);
        var flags = Number(context, "flags") ?? 0;
        var cas = Number(context, "cas");
        using var value = new MemoryStream();
        await context.Request.Body.CopyToAsync(value, context.RequestAborted);
        await RegistryApi.AnswerAsync(context, api.KeyValues.Put(key, value.ToArray(), flags, cas));
    }

    private static async Task DeleteAsync(HttpContext context, RegistryApi api)
    {
        RefuseSessions(context, api);
        var cas = Number(context, "cas");
        if (context.Request.Query.ContainsKey("recurse"))
        {
            if (cas is not null)
            {
                throw RefusedException.BadRequest("Conflicting flags: cas and recurse; give one of them");
            }
            api.KeyValues.DeleteAll(RegistryApi.Rest(context, ""));
            await RegistryApi.AnswerAsync(context, true);
            return;
        }
        await RegistryApi.AnswerAsync(context, api.KeyValues.Delete(RegistryApi.Rest(context, MissingKey), cas));
    }

    private static string[] UpToSeparator(KeyValueRow[] rows, string prefix, string separator) =>
    [
        .. rows.Select(row =>
        {
            var end = separator.Length == 0 ? -1 : row.Key.IndexOf(separator, prefix.Length, StringComparison.Ordinal);
            return end < 0 ? row.Key : row.Key[..(end + separator.Length)];
        }).Distinct(StringComparer.Ordinal),
    ];

    private static void RefuseSessions(HttpContext context, RegistryApi api)
    {
        QueryOptions.RefuseUnsupported(context.Request.Query);
        QueryOptions.RequireDatacenter(context.Request.Query["dc"].ToString(), api.Datacenter);
        if (context.Request.Query.ContainsKey("acquire") || context.Request.Query.ContainsKey("release"))
        {
            throw RefusedException.BadRequest("?acquire and ?release need sessions, which the embedded registry does not have: use ?cas, or a Consul agent");
        }
    }

    private static ulong? Number(HttpContext context, string name)
    {
        if (!context.Request.Query.TryGetValue(name, out var text))
        {
            return null;
        }
        return ulong.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RefusedException.BadRequest($"Invalid value for ?{name}: \"{text}\"; use a whole number");
    }
}
