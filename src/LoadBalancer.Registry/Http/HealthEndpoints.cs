using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/health: instances with their checks.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/health"/></remarks>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/health/service/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing service name");
            var tags = Tags(context);
            var passing = QueryOptions.Flag(context.Request.Query, "passing") ?? false;
            return api.QueryAndAnswerAsync(context, () =>
            {
                var found = api.Catalog.Service(name, tags);
                return passing ? found with { Value = [.. found.Value.Where(instance => instance.Worst() == CheckStatus.Passing)] } : found;
            }, Scope.Of(name));
        });
        routes.MapGet("/v1/health/checks/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing service name");
            return api.QueryAndAnswerAsync(context, () => api.Catalog.ServiceChecks(name), new Scope(Table.Checks));
        });
        routes.MapGet("/v1/health/node/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing node name");
            return api.QueryAndAnswerAsync(context, () => api.Catalog.NodeChecks(name), new Scope(Table.Checks));
        });
        routes.MapGet("/v1/health/state/{**rest}", context =>
        {
            var state = RegistryApi.Rest(context, "Missing check state");
            var status = CheckStatusConverter.Parse(state);
            if (status is null && state != "any")
            {
                throw RefusedException.BadRequest($"Invalid check state \"{state}\": use any, passing, warning or critical");
            }
            return api.QueryAndAnswerAsync(context, () => api.Catalog.Checks(check => status is null || check.Status == status), new Scope(Table.Checks), new Scope(Table.Nodes));
        });
    }

    /// <summary>The tags asked for, all of which an instance must have.</summary>
    public static string[] Tags(HttpContext context) =>
        [.. context.Request.Query["tag"].Select(tag => tag ?? "").Where(tag => tag.Length > 0)];
}
