namespace LoadBalancer.TestSupport;

/// <summary>An <see cref="Instance"/> that is a process of its own, so that it can die as processes die.</summary>
public sealed class InstanceProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private InstanceProcess(string id, int port, ChildProcess process)
    {
        Id = id;
        Port = port;
        _process = process;
    }

    public string Id { get; }

    public int Port { get; }

    /// <summary>Starts it; it listens when this returns.</summary>
    /// <inheritdoc cref="Instance.StartAsync"/>
    public static async Task<InstanceProcess> StartAsync(string id, int? port = null, TimeSpan delay = default)
    {
        var at = port ?? Ports.Free();
        var program = Path.Combine(AppContext.BaseDirectory, "LoadBalancer.TestBackend");
        var instance = new InstanceProcess(id, at, ChildProcess.Start(program, [id, $"{at}", $"{delay.TotalMilliseconds}"]));
        await instance._process.WaitForLineAsync("listening", TimeSpan.FromSeconds(60));
        return instance;
    }

    /// <summary>SIGKILL: no goodbye, open connections are reset.</summary>
    public void Kill() => _process.Signal(Signals.Kill);

    /// <summary>SIGSTOP: its kernel goes on accepting connections, and nobody answers.</summary>
    public void Pause() => _process.Signal(Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => _process.Signal(Signals.Continue);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
