using System.Globalization;
using System.Text.Json;
using LoadBalancer.Admin;

namespace LoadBalancer.Commands;

/// <summary><c>lb status</c>: asks a running balancer over its admin interface how it is; also the health check of a container.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <returns>The exit code: 0 when it is ready, 1 when it is not, 2 when it does not answer.</returns>
    public static async Task<int> RunAsync(Uri admin, bool quiet, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = admin, Timeout = s_limit };
        try
        {
            using var ready = await client.GetAsync(new Uri("/readyz", UriKind.Relative), stop).ConfigureAwait(false);
            if (!quiet)
            {
                await output.WriteLineAsync((await ready.Content.ReadAsStringAsync(stop).ConfigureAwait(false)).TrimEnd()).ConfigureAwait(false);
                var services = JsonSerializer.Deserialize(
                    await client.GetStringAsync(new Uri("/api/services", UriKind.Relative), stop).ConfigureAwait(false), AdminJson.Readable.IReadOnlyListServiceView) ?? [];
                foreach (var line in Table(services))
                {
                    await output.WriteLineAsync(line).ConfigureAwait(false);
                }
            }
            return ready.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            await error.WriteLineAsync($"lb status: no balancer answers at {admin}: {e.Message}; --admin says where its admin interface is").ConfigureAwait(false);
            return 2;
        }
    }

    private static IEnumerable<string> Table(IReadOnlyList<ServiceView> services)
    {
        foreach (var service in services)
        {
            var doubts = (service.Panic ? ", panic" : "") + (service.Stale ? ", not confirmed" : "") + (service.SourceError is null ? "" : $", {service.Source} fails: {service.SourceError}");
            yield return "";
            yield return string.Create(CultureInfo.InvariantCulture, $"{service.Name}: {service.Available} of {service.Endpoints.Count(static one => one.State != EndpointView.Absent)} available ({service.Source}{doubts}), {service.Requests} requests");
            if (service.PolicyFrom is not null)
            {
                yield return $"  policy with the meta of {service.PolicyFrom}";
            }
            foreach (var problem in service.PolicyProblems)
            {
                yield return $"  meta not in force: {problem}";
            }
            foreach (var trouble in service.Guard?.Troubles() ?? [])
            {
                yield return $"  {trouble}";
            }
            if (service.Waiting > 0)
            {
                yield return $"  {service.Waiting} wait for an endpoint with room";
            }
            foreach (var endpoint in service.Endpoints)
            {
                var inFlight = endpoint.MaxInFlight is null ? $"{endpoint.InFlight}" : $"{endpoint.InFlight}/{endpoint.MaxInFlight}";
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {endpoint.Address,-21} {endpoint.State,-10} weight {endpoint.Weight,-5} in flight {inFlight,-5} total {endpoint.Total,-9} {endpoint.Id}{(endpoint.Reason is null ? "" : ": " + endpoint.Reason)}");
            }
        }
    }
}
