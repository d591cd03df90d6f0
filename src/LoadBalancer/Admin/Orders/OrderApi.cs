using System.Text.Json;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Admin.Orders;

/// <summary>
/// Takes the operator's orders: PUT gives one, DELETE takes it back. Answers what the endpoint, or the service, is then: the
/// order is in force and on disk.
/// </summary>
/// <param name="catalog">Where orders go.</param>
/// <param name="save">Writes the state file, false when that failed; null when there is none.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where orders are told.</param>
internal sealed partial class OrderApi(Catalog catalog, Func<Task<bool>>? save, TimeProvider time, ILogger<OrderApi> logger)
{
    private const string Form = "write it like { \"state\": \"drain\", \"weight\": 5 }; state is ready, drain or maint, weight 0 to 65535 or absent";

    public Task AnswerAsync(HttpContext context, OrderPath path) => context.Request switch
    {
        var request when !HttpMethods.IsPut(request.Method) && !HttpMethods.IsDelete(request.Method) => AdminAnswers.NotAllowedAsync(context, "PUT, DELETE"),
        var request when CrossSite.IsFrom(request) => AdminAnswers.TextAsync(
            context, StatusCodes.Status403Forbidden, "this comes from a page of another site; orders are taken from programs, and from pages of this address"),
        // A page of another site cannot send this type without asking first (Fetch standard, CORS-safelisted request headers).
        var request when HttpMethods.IsPut(request.Method) && !request.HasJsonContentType() => AdminAnswers.TextAsync(
            context, StatusCodes.Status415UnsupportedMediaType, "send the order with Content-Type: application/json"),
        _ when catalog.Find(path.Service) is { } service => AnswerAsync(context, service, path.Endpoint),
        _ => AdminAnswers.TextAsync(context, StatusCodes.Status404NotFound, $"no source names the service {path.Service}{Hint(NearestService(path.Service), "/api/services lists all")}"),
    };

    private async Task AnswerAsync(HttpContext context, Service service, string? name)
    {
        var names = new EndpointNames(service.Snapshot);
        var endpoints = name is null ? names.All : names.Find(name);
        if (name is not null && endpoints.Count != 1)
        {
            await RefuseNameAsync(context, service, name, names, endpoints).ConfigureAwait(false);
            return;
        }
        var (order, problem) = HttpMethods.IsDelete(context.Request.Method)
            ? (new OperatorOrder(OrderState.Ready, null, time.GetUtcNow()), "")
            : await ReadAsync(context).ConfigureAwait(false);
        if (order is null)
        {
            await AdminAnswers.TextAsync(context, StatusCodes.Status400BadRequest, $"{problem}; {Form}").ConfigureAwait(false);
            return;
        }
        catalog.Order(service.Name, endpoints, order);
        LogOrdered(logger, service.Name, name is null ? $"all {endpoints.Count} endpoints" : $"{endpoints[0]}", order.IsNone ? "no order any more" : order.ToString());
        if (!await SaveAsync(order).ConfigureAwait(false))
        {
            await AdminAnswers.TextAsync(context, StatusCodes.Status500InternalServerError, "the order is in force, but a restart of the balancer loses it: the state file cannot be written, see the log").ConfigureAwait(false);
            return;
        }
        // The service may have been forgotten and found again meanwhile.
        service = catalog.Find(service.Name) ?? service;
        await (name is null
            ? AdminAnswers.JsonAsync(context, ServiceView.Of(service, catalog, time.GetUtcNow()), AdminJson.Readable.ServiceView)
            : AdminAnswers.JsonAsync(context, EndpointView.Of(service.Snapshot, endpoints[0]), AdminJson.Readable.EndpointView)).ConfigureAwait(false);
    }

    private Task<bool> SaveAsync(OperatorOrder order)
    {
        if (save is null && !order.IsNone)
        {
            LogNotKept(logger);
        }
        return save?.Invoke() ?? Task.FromResult(true);
    }

    private async Task<(OperatorOrder? Order, string Problem)> ReadAsync(HttpContext context)
    {
        OrderRequest? read;
        try
        {
            read = await JsonSerializer.DeserializeAsync(context.Request.Body, AdminJson.Readable.OrderRequest, context.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            return (null, $"the body is no order, see {e.Path ?? "$"} in line {e.LineNumber + 1 ?? 1}");
        }
        if (read?.State is null || OrderWords.Parse(read.State) is not { } state)
        {
            return (null, read?.State is null ? "the body lacks a state" : $"'{read.State}' is no state");
        }
        return read.Weight is < 0 or > OperatorOrder.MaxWeight
            ? (null, $"{read.Weight} is no weight")
            : (new OperatorOrder(state, read.Weight, time.GetUtcNow()), "");
    }

    private static Task RefuseNameAsync(HttpContext context, Service service, string name, EndpointNames names, IReadOnlyList<EndpointId> found) =>
        found.Count > 1
            ? AdminAnswers.TextAsync(context, StatusCodes.Status409Conflict, $"{name} is several endpoints of {service.Name}: name one of {string.Join(", ", found)}")
            : AdminAnswers.TextAsync(context, StatusCodes.Status404NotFound, $"{service.Name} has no endpoint {name}{Hint(names.Nearest(name), $"/api/services/{service.Name} lists them")}");

    private string? NearestService(string name) => Nearest.Of(name, catalog.Services.Select(static one => one.Name));

    private static string Hint(string? nearest, string otherwise) => nearest is null ? $"; {otherwise}" : $"; did you mean {nearest}?";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {Whom}: {Order}")]
    private static partial void LogOrdered(ILogger logger, string service, string whom, string order);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the order ends with this process: there is no discovery.stateFile to keep it in")]
    private static partial void LogNotKept(ILogger logger);
}
