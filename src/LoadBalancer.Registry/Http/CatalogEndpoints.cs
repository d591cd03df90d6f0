using LoadBalancer.Registry.Http.Json;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/catalog: what is there, and registration past the agent.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/catalog"/></remarks>
internal static class CatalogEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/catalog/datacenters", context => RegistryApi.AnswerAsync<string[]>(context, [api.Datacenter]));
        routes.MapGet("/v1/catalog/nodes", context => api.QueryAndAnswerAsync(context, api.Catalog.Nodes, new Scope(Table.Nodes)));
        routes.MapGet("/v1/catalog/services", context => api.QueryAndAnswerAsync(context, api.Catalog.Services, new Scope(Table.Services)));
        routes.MapGet("/v1/catalog/node/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing node name");
            return api.QueryAndAnswerAsync(context, () => api.Catalog.Node(name), new Scope(Table.Nodes), new Scope(Table.Services));
        });
        routes.MapGet("/v1/catalog/service/{**rest}", context =>
        {
            var name = RegistryApi.Rest(context, "Missing service name");
            var tags = HealthEndpoints.Tags(context);
            return api.QueryAndAnswerAsync(context, () =>
            {
                var found = api.Catalog.Service(name, tags);
                return new Indexed<CatalogServiceView[]>([.. found.Value.Select(CatalogServiceView.Of)], found.Index);
            }, Scope.Of(name));
        });
        routes.MapPut("/v1/catalog/register", context => RegisterAsync(context, api));
        routes.MapPut("/v1/catalog/deregister", context => DeregisterAsync(context, api));
    }

    private static async Task RegisterAsync(HttpContext context, RegistryApi api)
    {
        QueryOptions.RequireDatacenter(context.Request.Query["dc"].ToString(), api.Datacenter);
        var (registration, datacenter) = CatalogReader.Registration(await RegistryApi.BodyAsync(context));
        QueryOptions.RequireDatacenter(datacenter, api.Datacenter);
        if (api.Catalog.Register(registration) is { } error)
        {
            throw RefusedException.BadRequest(error);
        }
        await RegistryApi.AnswerAsync(context, true);
    }

    private static async Task DeregisterAsync(HttpContext context, RegistryApi api)
    {
        QueryOptions.RequireDatacenter(context.Request.Query["dc"].ToString(), api.Datacenter);
        var (node, serviceId, checkId, datacenter) = CatalogReader.Deregistration(await RegistryApi.BodyAsync(context));
        QueryOptions.RequireDatacenter(datacenter, api.Datacenter);
        // Consul's agent would put back what it still runs; here the agent lets go of it as well.
        var own = StringComparer.OrdinalIgnoreCase.Equals(node, api.Agent.Node.Name);
        if (serviceId.Length > 0)
        {
            if (own)
            {
                api.Agent.DeregisterService(serviceId);
            }
            api.Catalog.DeregisterService(node, serviceId);
        }
        else if (checkId.Length > 0)
        {
            if (own)
            {
                api.Agent.DeregisterCheck(checkId);
            }
            api.Catalog.DeregisterCheck(node, checkId);
        }
        else if (own)
        {
            throw RefusedException.BadRequest($"Node \"{node}\" is the registry itself and stays: set ServiceID or CheckID to remove one of its services or checks");
        }
        else
        {
            api.Catalog.DeregisterNode(node);
        }
        await RegistryApi.AnswerAsync(context, true);
    }
}
