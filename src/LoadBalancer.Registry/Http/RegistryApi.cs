using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.Http.Json;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Registry.Http;

/// <summary>What all endpoints share: the state behind them, blocking queries, answers and the reading of bodies.</summary>
internal sealed class RegistryApi(ChangeLog log, Catalog catalog, KeyValues keyValues, LocalAgent agent, string datacenter, Jitter jitter, TimeProvider time, CancellationToken stopping)
{
    public Catalog Catalog => catalog;

    public KeyValues KeyValues => keyValues;

    public LocalAgent Agent => agent;

    public string Datacenter => datacenter;

    /// <summary>Reads once, or with <c>?index=</c> again and again until the index is above it or the wait is over.</summary>
    /// <returns>The value; the index headers are set.</returns>
    public async Task<T> QueryAsync<T>(HttpContext context, Func<Indexed<T>> read, params Scope[] scopes)
    {
        var options = QueryOptions.Parse(context.Request.Query, datacenter);
        var found = options.Index == 0 ? read() : await WaitAsync(context, options, read, scopes);
        var headers = context.Response.Headers;
        headers["X-Consul-Index"] = Math.Max(1, found.Index).ToString(CultureInfo.InvariantCulture);
        headers["X-Consul-KnownLeader"] = "true";
        headers["X-Consul-LastContact"] = "0";
        return found.Value;
    }

    /// <summary>As <see cref="QueryAsync"/>, and answers with the value.</summary>
    public async Task QueryAndAnswerAsync<T>(HttpContext context, Func<Indexed<T>> read, params Scope[] scopes) =>
        await AnswerAsync(context, await QueryAsync(context, read, scopes));

    public static Task AnswerAsync<T>(HttpContext context, T value)
    {
        var json = context.Request.Query.ContainsKey("pretty") ? RegistryJson.Pretty : RegistryJson.Compact;
        return context.Response.WriteAsJsonAsync(value, (JsonTypeInfo<T>)json.GetTypeInfo(typeof(T))!, "application/json", context.RequestAborted);
    }

    public static async Task<JsonFields> BodyAsync(HttpContext context)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            return JsonFields.Root(document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw RefusedException.BadRequest($"Request decode failed: the body is no JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {e.Message}");
        }
    }

    /// <summary>The rest of the path, which may hold slashes.</summary>
    public static string Rest(HttpContext context, string missing)
    {
        var rest = ((string?)context.Request.RouteValues["rest"] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return rest.Length > 0 || missing.Length == 0 ? rest : throw RefusedException.BadRequest(missing);
    }

    private async Task<Indexed<T>> WaitAsync<T>(HttpContext context, QueryOptions options, Func<Indexed<T>> read, Scope[] scopes)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var started = time.GetTimestamp();
        var wait = options.Wait + jitter.Below(options.Wait / 16);
        while (true)
        {
            using var waiter = log.Watch(scopes);
            var found = read();
            var left = wait - time.GetElapsedTime(started);
            if (found.Index > options.Index || left <= TimeSpan.Zero)
            {
                return found;
            }
            try
            {
                await waiter.Changed.WaitAsync(left, time, gone.Token);
            }
            catch (TimeoutException)
            {
                return read();
            }
        }
    }
}
