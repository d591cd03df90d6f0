using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Reactor.Tests.Support;

internal sealed class SilentObserver : ICatalogObserver
{
    public void EndpointChanged(EndpointChange change)
    {
    }

    public void PanicChanged(string service, bool isInPanic)
    {
    }

    public void SourceChanged(string source, string service, string? error)
    {
    }

    public void SourceChanged(string source, string? error)
    {
    }

    public void SourcesConflict(string service, string chosen, string ignored)
    {
    }

    public void PolicyChanged(string service, DecidedPolicy before, DecidedPolicy after)
    {
    }

    public void FallbackChanged(string service, ServiceSnapshot snapshot)
    {
    }

    public void ServiceForgotten(string service)
    {
    }
}
