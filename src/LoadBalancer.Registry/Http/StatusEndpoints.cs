using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/status: who leads. The registry does, always.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/status"/></remarks>
internal static class StatusEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/status/leader", context => RegistryApi.AnswerAsync(context, Leader(api, context.Connection.LocalPort)));
        routes.MapGet("/v1/status/peers", context => RegistryApi.AnswerAsync<string[]>(context, [Leader(api, context.Connection.LocalPort)]));
    }

    private static string Leader(RegistryApi api, int port) => $"{api.Agent.Node.Address}:{port}";
}
