using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>What the relays of one loop share.</summary>
internal sealed class TcpLoop(EventLoop loop)
{
    public EventLoop Loop { get; } = loop;

    /// <summary>Connections that are open.</summary>
    public HashSet<TcpRelay> Relays { get; } = [];

    /// <summary>The endpoint's address as connect(2) takes it.</summary>
    public static ReadOnlyMemory<byte> AddressOf(Endpoint endpoint)
    {
        var address = ((IPEndPoint)endpoint.Remote).Serialize();
        return address.Buffer[..address.Size];
    }

    public void Open(ReactorTcpListener listener, int descriptor, IPAddress? peer)
    {
        if (listener.Service is { } service && CanServe(service))
        {
            new TcpRelay(this, listener, descriptor, peer).Start(service);
        }
        else
        {
            listener.HandOver(descriptor);
        }
    }

    /// <summary>A name is looked up when a connection is made, and looking up blocks.</summary>
    private static bool CanServe(Service service)
    {
        foreach (var state in service.Snapshot.Endpoints)
        {
            if (state.Endpoint.Remote is not IPEndPoint)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Ends every connection.</summary>
    public void Abort()
    {
        foreach (var relay in Relays.ToArray())
        {
            relay.Abort();
        }
    }
}
