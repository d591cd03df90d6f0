using LoadBalancer.Reactor;

namespace LoadBalancer.Listeners;

/// <summary>The reactor's loops as the acceptor of a listener.</summary>
internal sealed class ReactorAcceptor(ReactorListener loops) : IAcceptor
{
    public void Resume() => loops.Resume();

    public Task StopAsync(bool takeWaiting) => loops.StopAsync(takeWaiting);
}
