namespace LoadBalancer.Soak.Backends;

/// <summary>A connection from the balancer to an endpoint.</summary>
internal abstract class BackendConnection : IDisposable
{
    /// <summary>Serves it until it ends.</summary>
    public abstract Task RunAsync();

    /// <summary>Ends it at once. From any thread.</summary>
    public abstract void Abort();

    /// <summary>Closes it if nothing runs on it. From any thread, while no client asks for anything.</summary>
    public abstract void CloseIfIdle();

    public abstract void Dispose();
}
