using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Registry.Http;

/// <summary>Turns every refusal into a status with a text; a client that left and a registry that stops are no errors.</summary>
internal sealed partial class RefusalMiddleware(RequestDelegate next, ILogger<RefusalMiddleware> logger, CancellationToken stopping)
{
    private readonly ILogger _logger = logger;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed })
            {
                await AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, $"method {context.Request.Method} not allowed; use {context.Response.Headers.Allow}");
            }
            else if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound } && context.GetEndpoint() is null)
            {
                await AnswerAsync(context, StatusCodes.Status404NotFound, $"{context.Request.Path} is no path of the embedded registry: it has /v1/agent, /v1/catalog, /v1/health, /v1/kv and /v1/status of Consul's interface");
            }
        }
        catch (RefusedException e)
        {
            await AnswerAsync(context, e.Status, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogFailed(e, context.Request.Method, context.Request.Path);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, "the registry failed; its log says why");
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, string path);
}
