namespace LoadBalancer.Listeners;

/// <summary>Accepts the connections of a listener.</summary>
internal interface IAcceptor
{
    /// <summary>There may be room for another connection. From any thread; does not block.</summary>
    void Resume();

    /// <summary>Stops accepting; connections that are open are not touched.</summary>
    /// <param name="takeWaiting">
    /// Takes those that the kernel has made already, for the socket will be closed and they would be reset; else they are left
    /// to whoever accepts next.
    /// </param>
    Task StopAsync(bool takeWaiting);
}
