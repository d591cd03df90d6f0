using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>One TCP connection on the reactor, as the rest of the program sees it.</summary>
internal sealed class TcpReactorConnection(TcpReactorEngine engine, ListenerSettings settings) : TcpConnectionHost
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the connection has ended.</summary>
    public Task Completion => _ended.Task;

    protected override bool TryFind(long since, out Service? service)
    {
        if (!engine.FirstWord.TryFind(settings.Service!, since, out service))
        {
            return false;
        }
        if (service is null)
        {
            engine.Log.UnknownService(settings.Name, settings.Service!);
        }
        else if (Fallbacks.Find(service, engine.Catalog) is var fallback && fallback != service)
        {
            service.CountRequest();
            service = fallback;
        }
        return true;
    }

    protected override void Refused(Service service, GuardAnswer answer) => engine.Log.Refused(settings.Name, service, answer);

    protected override void ConnectFailed(Endpoint endpoint, string error) => engine.Log.ConnectFailed(endpoint, error);

    protected override void NoEndpoint(Service service, Refusal refusal) => engine.Log.NoEndpoint(settings.Name, service, refusal);

    protected override void Ended() => _ended.TrySetResult();
}
