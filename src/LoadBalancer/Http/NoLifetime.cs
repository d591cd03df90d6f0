using Microsoft.Extensions.Hosting;

namespace LoadBalancer.Http;

/// <summary>Signals end the program through its own drain, not through each web host inside it.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
