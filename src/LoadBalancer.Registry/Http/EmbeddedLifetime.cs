using Microsoft.Extensions.Hosting;

namespace LoadBalancer.Registry.Http;

/// <summary>Leaves signals alone: the program that embeds the registry decides when it stops, after its own drain.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
