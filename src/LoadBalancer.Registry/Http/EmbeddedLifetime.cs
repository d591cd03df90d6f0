using Microsoft.Extensions.Hosting;

namespace LoadBalancer.Registry.Http;

/// <summary>The lifetime of a web host inside a program. Leaves signals alone: the program decides when it stops, after its own drain.</summary>
public sealed class EmbeddedLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
