using System.Collections.Concurrent;
using LoadBalancer.Core.Health;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Answers for every address that was not switched off.</summary>
internal sealed class SwitchableProbe : IEndpointProbe
{
    private readonly ConcurrentDictionary<string, bool> _silent = new();
    private int _asked;

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>What it waits for before it answers.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Questions under way at once, at most.</summary>
    public int MostAtOnce { get; private set; }

    private int _atOnce;

    public void Silence(string host) => _silent[host] = true;

    public async Task<bool> AnswersAsync(string host, int port)
    {
        Interlocked.Increment(ref _asked);
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _atOnce));
        await Gate;
        Interlocked.Decrement(ref _atOnce);
        return !_silent.ContainsKey(host);
    }
}
