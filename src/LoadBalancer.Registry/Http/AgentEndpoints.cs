using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Http.Json;
using LoadBalancer.Registry.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LoadBalancer.Registry.Http;

/// <summary>/v1/agent: what a service calls to register itself.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/agent"/></remarks>
internal static class AgentEndpoints
{
    private const string MissingService = "Missing service ID";
    private const string MissingCheck = "Missing check ID";

    /// <summary>The Consul whose interface this is; tools ask for it to know what they may use.</summary>
    private const string InterfaceVersion = "1.8.0";

    public static void Map(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/agent/self", context => RegistryApi.AnswerAsync(context, Self(api, context.Connection.LocalPort)));
        MapServices(routes, api);
        MapChecks(routes, api);
        routes.MapPut("/v1/agent/maintenance", context =>
        {
            api.Agent.SetNodeMaintenance(Enable(context), context.Request.Query["reason"].ToString());
            return Task.CompletedTask;
        });
        AgentHealthEndpoints.Map(routes, api);
    }

    private static void MapServices(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/agent/services", context =>
        {
            QueryOptions.RefuseUnsupported(context.Request.Query);
            return RegistryApi.AnswerAsync(context, api.Agent.Services().ToDictionary(row => row.Id, AgentServiceView.Of));
        });
        routes.MapGet("/v1/agent/service/{**rest}", context =>
        {
            QueryOptions.RefuseUnsupported(context.Request.Query);
            var id = RegistryApi.Rest(context, "");
            var row = api.Agent.Services().FirstOrDefault(row => StringComparer.OrdinalIgnoreCase.Equals(row.Id, id))
                ?? throw new RefusedException(404, $"unknown service ID: {id}");
            return RegistryApi.AnswerAsync(context, AgentServiceView.Of(row));
        });
        // Else a GET would ask for the service with the id "register".
        routes.MapGet("/v1/agent/service/register", context => throw new RefusedException(405, "method GET not allowed; use PUT"));
        routes.MapPut("/v1/agent/service/register", async context =>
        {
            var (service, checks) = ServiceReader.Read(await RegistryApi.BodyAsync(context));
            api.Agent.RegisterService(service, checks, QueryOptions.Flag(context.Request.Query, "replace-existing-checks") ?? false);
        });
        routes.MapPut("/v1/agent/service/deregister/{**rest}", context =>
        {
            api.Agent.DeregisterService(RegistryApi.Rest(context, MissingService));
            return Task.CompletedTask;
        });
        routes.MapPut("/v1/agent/service/maintenance/{**rest}", context =>
        {
            api.Agent.SetServiceMaintenance(RegistryApi.Rest(context, MissingService), Enable(context), context.Request.Query["reason"].ToString());
            return Task.CompletedTask;
        });
    }

    private static void MapChecks(IEndpointRouteBuilder routes, RegistryApi api)
    {
        routes.MapGet("/v1/agent/checks", context =>
        {
            QueryOptions.RefuseUnsupported(context.Request.Query);
            return RegistryApi.AnswerAsync(context, api.Agent.Checks().ToDictionary(row => row.Id));
        });
        routes.MapPut("/v1/agent/check/register", async context =>
        {
            var check = CheckReader.Read(await RegistryApi.BodyAsync(context));
            if (check.Name.Length == 0)
            {
                throw RefusedException.BadRequest("Missing check name: set Name");
            }
            api.Agent.RegisterCheck(check with { Id = check.Id.Length > 0 ? check.Id : check.Name });
        });
        routes.MapPut("/v1/agent/check/deregister/{**rest}", context =>
        {
            api.Agent.DeregisterCheck(RegistryApi.Rest(context, MissingCheck));
            return Task.CompletedTask;
        });
        MapTell(routes, api, "pass", CheckStatus.Passing);
        MapTell(routes, api, "warn", CheckStatus.Warning);
        MapTell(routes, api, "fail", CheckStatus.Critical);
        routes.MapPut("/v1/agent/check/update/{**rest}", async context =>
        {
            var id = RegistryApi.Rest(context, MissingCheck);
            var fields = await RegistryApi.BodyAsync(context);
            var text = fields.Text("Status");
            var output = fields.Text("Output");
            fields.Text("CheckID");
            fields.End();
            var status = CheckStatusConverter.Parse(text)
                ?? throw RefusedException.BadRequest($"Invalid check status: '{text}'; set Status to passing, warning or critical");
            api.Agent.Tell(id, status, output);
        });
    }

    private static void MapTell(IEndpointRouteBuilder routes, RegistryApi api, string verb, CheckStatus status) =>
        routes.MapPut($"/v1/agent/check/{verb}/{{**rest}}", context =>
        {
            api.Agent.Tell(RegistryApi.Rest(context, MissingCheck), status, context.Request.Query["note"].ToString());
            return Task.CompletedTask;
        });

    private static bool Enable(HttpContext context) =>
        context.Request.Query["enable"].ToString().Length > 0 && QueryOptions.Flag(context.Request.Query, "enable") is { } enable
            ? enable
            : throw RefusedException.BadRequest("Missing value for enable: add ?enable=true or ?enable=false");

    private static AgentSelfView Self(RegistryApi api, int port)
    {
        var node = api.Agent.Node;
        return new AgentSelfView(
            new AgentSelfView.ConfigView(api.Datacenter, node.Name, node.Id, Server: true, "embedded-registry", InterfaceVersion),
            new AgentSelfView.MemberView(node.Name, node.Address, port, Status: 1));
    }
}
