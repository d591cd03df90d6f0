using LoadBalancer.Soak.Backends;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Soak;

/// <summary>Endpoints and listeners that come and go while clients ask.</summary>
/// <param name="balancer">Is told of it by its configuration.</param>
/// <param name="service">Whose endpoints they are.</param>
/// <param name="backends">The endpoints, three at least.</param>
/// <param name="seed">Of what is done when.</param>
internal sealed class Churn(Balancer balancer, string service, IReadOnlyList<Backend> backends, int seed)
{
    private const string Extra = "extra";

    private readonly Random _random = new(seed);
    private volatile int _visited = balancer.Listeners[Balancer.Web];

    /// <summary>How often something has changed.</summary>
    public int Changes { get; private set; }

    /// <summary>A listener to visit, which may just be leaving.</summary>
    public int Visited => _visited;

    public async Task RunAsync(Func<bool> goesOn)
    {
        while (goesOn())
        {
            await Task.Delay(_random.Next(50, 500));
            await ChangeAsync();
            Changes++;
        }
        await EndAsync();
    }

    private async Task ChangeAsync()
    {
        var backend = backends[_random.Next(backends.Count)];
        var ports = balancer.Services[service];
        switch (_random.Next(5))
        {
            case 0:
                // It moves to another port, and everything that runs there is lost.
                ports.Remove(backend.Port);
                backend.Stop();
                backend.Start();
                ports.Add(backend.Port);
                await balancer.ApplyAsync();
                break;
            case 1:
                // It restarts, and nobody is told.
                backend.Stop();
                await Task.Delay(_random.Next(0, 30));
                backend.Start(samePort: true);
                break;
            case 2 when ports.Count > 1:
                // It is taken out, and goes on with what runs.
                ports.Remove(backend.Port);
                await balancer.ApplyAsync();
                break;
            case 3 when balancer.Listeners.Remove(Extra):
                await balancer.ApplyAsync();
                _visited = balancer.Listeners[Balancer.Web];
                break;
            case 3:
                var port = Ports.Free();
                balancer.Listeners[Extra] = port;
                await balancer.ApplyAsync();
                _visited = port;
                break;
            default:
                if (!ports.Contains(backend.Port))
                {
                    ports.Add(backend.Port);
                    await balancer.ApplyAsync();
                }
                break;
        }
    }

    /// <summary>As it was in the beginning.</summary>
    private async Task EndAsync()
    {
        _visited = balancer.Listeners[Balancer.Web];
        balancer.Listeners.Remove(Extra);
        balancer.Services[service] = [.. backends.Select(static backend => backend.Port)];
        await balancer.ApplyAsync();
    }
}
