using LoadBalancer.Comparison.Backends;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>A proxy that has answered its first request; killed with its workers when disposed.</summary>
public sealed class RunningProxy : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private RunningProxy(IProxy proxy, ChildProcess process, int port)
    {
        Proxy = proxy;
        _process = process;
        Port = port;
    }

    public IProxy Proxy { get; }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts it and waits until it relays; throws <see cref="InvalidOperationException"/> with its output if it does not.</summary>
    public static async Task<RunningProxy> StartAsync(IProxy proxy, ProxySite site, Workload workload, CancellationToken cancellation)
    {
        var plan = proxy.Prepare(site);
        var running = new RunningProxy(proxy, ChildProcess.Start(plan.Program, plan.Arguments, plan.Environment, site.Folder), site.Port);
        try
        {
            await Readiness.WaitAsync(workload, site.Port, running._process, proxy.Name, cancellation);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> with its output when it has ended.</summary>
    public void ThrowIfEnded()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"{Proxy.Name} ended under load with exit code {_process.ExitCode}:\n{_process.Output}");
        }
    }

    public ValueTask DisposeAsync() => Ending.EndAsync(_process);
}
