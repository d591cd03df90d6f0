using System.Collections.Concurrent;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>Keeps the path and query of every request that the client makes.</summary>
internal sealed class CountingHandler(HttpMessageHandler inner, ConcurrentQueue<string> requests) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        requests.Enqueue(request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}
