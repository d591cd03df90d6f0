namespace LoadBalancer.Http;

/// <summary>
/// Sends every part of a request's body on as it comes. HttpClient alone holds back what is smaller than its buffer until
/// the body ends, and a client that streams may wait for the effect of what it sent.
/// </summary>
internal sealed class FlushingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } body)
        {
            request.Options.TryGetValue(UpstreamClient.AttemptKey, out var attempt);
            request.Content = new FlushedContent(body, attempt!);
        }
        return base.SendAsync(request, cancellationToken);
    }
}
