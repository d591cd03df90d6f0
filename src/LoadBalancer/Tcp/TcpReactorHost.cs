using System.Net.Sockets;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Listeners;
using LoadBalancer.Reactor;

namespace LoadBalancer.Tcp;

/// <summary>The rest of the program as a TCP listener's connections on the reactor see it.</summary>
internal sealed class TcpReactorHost(TcpReactorEngine engine, Listener listener) : TcpConnectionHost
{
    private readonly ConnectionBudget? _budget = listener.Settings.Budget;

    protected override bool TryEnter() => listener.TryEnter(_budget);

    protected override void Enter() => listener.Enter(_budget);

    protected override void Leave() => listener.Leave(_budget);

    protected override void AcceptFailed(string error) => listener.AcceptFailed(error);

    protected override bool TryFind(long since, out Service? service)
    {
        var settings = listener.Settings;
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
            if (fallback.Snapshot.Policy.SendProxyProtocol == ProxyProtocolVersion.Off)
            {
                // Else it is handed over, and counted there.
                service.CountRequest();
            }
            service = fallback;
        }
        return true;
    }

    protected override void Refused(Service service, GuardAnswer answer) => engine.Log.Refused(listener.Settings.Name, service, answer);

    protected override void ConnectFailed(Endpoint endpoint, string error) => engine.Log.ConnectFailed(endpoint, error);

    protected override void NoEndpoint(Service service, Refusal refusal) => engine.Log.NoEndpoint(listener.Settings.Name, service, refusal);

    protected override void HandOver(SafeSocketHandle connection) => _ = HandOverAsync(connection);

    private async Task HandOverAsync(SafeSocketHandle connection)
    {
        listener.CountHandOver();
        // Off the loop's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await engine.Other.HandleAsync(new Socket(connection), listener).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            listener.Failed(e);
            connection.Dispose();
        }
        finally
        {
            Leave();
        }
    }
}
