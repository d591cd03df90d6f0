using System.Net.Sockets;

namespace LoadBalancer.Listeners;

/// <summary>What an engine does with the connections of a listener.</summary>
internal interface IConnectionHandler
{
    /// <summary>Takes over the connection and disposes it; completes when the connection has ended.</summary>
    Task HandleAsync(Socket connection, Listener listener);
}
