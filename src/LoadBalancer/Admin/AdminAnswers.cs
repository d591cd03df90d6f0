using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Admin;

/// <summary>Writes the answers of the admin interface.</summary>
internal static class AdminAnswers
{
    public static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    public static Task JsonAsync<T>(HttpContext context, T view, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, view, type, context.RequestAborted);
    }

    /// <summary>405, with the methods that are known.</summary>
    public static Task NotAllowedAsync(HttpContext context, string methods)
    {
        context.Response.Headers.Allow = methods;
        return TextAsync(context, StatusCodes.Status405MethodNotAllowed, $"only {methods} is answered here");
    }
}
