using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.Http.Json;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/agent/health: a service's overall state as a status code, for load balancers' probes.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/agent/service#get-local-service-health"/></remarks>
internal static class AgentHealthEndpoints
{
    private const string Maintenance = "maintenance";

    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/agent/health/service/id/{**rest}", context =>
        {
            var id = RegistryApi.Rest(context, "Missing serviceID");
            var found = Read(context, api, row => StringComparer.OrdinalIgnoreCase.Equals(row.Id, id)).FirstOrDefault();
            return found is null
                ? AnswerAsync(context, StatusCodes.Status404NotFound, $"ServiceId {id} not found", "critical", new AgentHealthView("critical", null, null))
                : AnswerAsync(context, Code(found.AggregatedStatus), found.AggregatedStatus, found.AggregatedStatus, found);
        });
        routes.MapGet("/v1/agent/health/service/name/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing service Name");
            var found = Read(context, api, row => StringComparer.OrdinalIgnoreCase.Equals(row.Name, name));
            var worst = found.Select(view => view.AggregatedStatus).MaxBy(Badness);
            return worst is null
                ? AnswerAsync(context, StatusCodes.Status404NotFound, $"ServiceName {name} Not Found", "critical", found)
                : AnswerAsync(context, Code(worst), worst, worst, found);
        });
    }

    private static AgentHealthView[] Read(HttpContext context, RegistryApi api, Func<ServiceRow, bool> predicate)
    {
        QueryOptions.RefuseUnsupported(context.Request.Query);
        var checks = api.Agent.Checks();
        return
        [
            .. api.Agent.Services().Where(predicate).Select(service =>
            {
                CheckRow[] own = [.. checks.Where(check => check.ServiceId.Length == 0 || StringComparer.OrdinalIgnoreCase.Equals(check.ServiceId, service.Id))];
                return new AgentHealthView(Aggregate(own), AgentServiceView.Of(service), own);
            }),
        ];
    }

    private static string Aggregate(CheckRow[] checks) =>
        checks.Any(check => check.Id == LocalAgent.NodeMaintenanceId || check.Id.StartsWith(LocalAgent.ServiceMaintenancePrefix, StringComparison.Ordinal))
            ? Maintenance
            : CheckStatusConverter.Text(checks.Select(check => check.Status).DefaultIfEmpty(CheckStatus.Passing).Max());

    private static int Badness(string status) => status == Maintenance ? 3 : (int)CheckStatusConverter.Parse(status)!.Value;

    private static int Code(string status) => status switch
    {
        "passing" => StatusCodes.Status200OK,
        "warning" => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    private static Task AnswerAsync<T>(HttpContext context, int code, string reason, string status, T body)
    {
        context.Response.StatusCode = code;
        context.Response.Headers["X-Consul-Reason"] = Uri.EscapeDataString(reason).Replace("%20", " ", StringComparison.Ordinal);
        if (context.Request.Query["format"].ToString() == "text")
        {
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync(status, context.RequestAborted);
        }
        return RegistryApi.AnswerAsync(context, body);
    }
}
