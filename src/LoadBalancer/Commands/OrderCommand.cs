using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using LoadBalancer.Admin;
using LoadBalancer.Admin.Orders;

namespace LoadBalancer.Commands;

/// <summary><c>lb drain|ready|maint</c>: gives a running balancer the operator's order for an endpoint, or for all of a service.</summary>
internal static class OrderCommand
{
    /// <summary>Stands for every endpoint of a service.</summary>
    private const string All = "*";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong with SERVICE/ENDPOINT, or null.</summary>
    public static string? Problem(string target) =>
        target.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash < target.Length - 1 ? null
        : $"'{target}' names no endpoint; write it like api/node-1/api-1, api/10.0.0.7:8080, or api/* for all of api";

    /// <returns>The exit code: 0 when it is in force, 1 when it is refused, 2 when no balancer answers.</returns>
    public static async Task<int> RunAsync(string word, string target, int? weight, Uri admin, TextWriter output, TextWriter error, CancellationToken stop)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        var (service, endpoint) = (target[..slash], target[(slash + 1)..]);
        var path = new OrderPath(service, endpoint == All ? null : endpoint);
        using var client = new HttpClient { BaseAddress = admin, Timeout = s_limit };
        try
        {
            using var body = JsonContent.Create(new OrderRequest { State = word, Weight = weight }, AdminJson.Readable.OrderRequest);
            using var answer = await client.PutAsync(new Uri(path.ToString(), UriKind.Relative), body, stop).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                await error.WriteLineAsync($"lb {word}: {text.TrimEnd()}").ConfigureAwait(false);
                return 1;
            }
            foreach (var one in Endpoints(path, text))
            {
                await output.WriteLineAsync(Line(service, one)).ConfigureAwait(false);
            }
            return 0;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            await error.WriteLineAsync($"lb {word}: no balancer answers at {admin}: {e.Message}; --admin says where its admin interface is").ConfigureAwait(false);
            return 2;
        }
    }

    private static IReadOnlyList<EndpointView> Endpoints(OrderPath path, string text) => path.Endpoint is null
        ? JsonSerializer.Deserialize(text, AdminJson.Readable.ServiceView)!.Endpoints
        : [JsonSerializer.Deserialize(text, AdminJson.Readable.EndpointView)!];

    private static string Line(string service, EndpointView endpoint) => string.Create(
        CultureInfo.InvariantCulture,
        $"{service}/{endpoint.Id}: {endpoint.State}, weight {endpoint.Weight}, {endpoint.InFlight} in flight{(endpoint.Reason is null ? "" : $" ({endpoint.Reason})")}");
}
