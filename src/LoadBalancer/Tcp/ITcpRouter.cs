using System.Net.Sockets;
using LoadBalancer.Listeners;

namespace LoadBalancer.Tcp;

/// <summary>Says where the connections of a protocol go.</summary>
internal interface ITcpRouter
{
    /// <summary>The service of a connection; null when it is to be closed, which has been said where that is to be said.</summary>
    /// <param name="client">The connection; may be read from.</param>
    /// <param name="settings">The listener's.</param>
    /// <param name="origin">Whence it comes.</param>
    /// <param name="stop">Ends every wait.</param>
    ValueTask<TcpRoute?> FindAsync(Socket client, ListenerSettings settings, ConnectionOrigin origin, CancellationToken stop);
}
