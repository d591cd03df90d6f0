namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>Lets so many fetches run at once, in the order in which they came.</summary>
internal sealed class FetchGate(int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(atOnce, atOnce);

    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> fetch, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return await fetch(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
