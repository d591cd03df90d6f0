using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>Moves bytes between two connected sockets of one loop in both directions. An end of one is passed on as a half-close.</summary>
/// <param name="client">The client's side; it is given the further turns that the relay needs.</param>
/// <param name="endpoint">The endpoint's side.</param>
/// <param name="fromClient">What the endpoint gets before anything else, such as what has been read of the client already; null when nothing.</param>
/// <param name="fromEndpoint">What the client gets before anything else, likewise.</param>
internal sealed class Relay(StreamSocket client, StreamSocket endpoint, ByteBuffer? fromClient, ByteBuffer? fromEndpoint = null)
{
    /// <summary>Bytes per turn: who moves a lot takes turns with the others.</summary>
    private const int MostBytes = 1024 * 1024;

    /// <summary>Milliseconds after which the limits are looked at again: they may have been lowered. A timer comes up about as often anyway.</summary>
    private const int LookAgain = 10_000;

    private readonly Flow _up = new(client, endpoint, fromClient);
    private readonly Flow _down = new(endpoint, client, fromEndpoint);
    private readonly long _begun = client.Loop.Now;
    private long _lastMove = client.Loop.Now;

    private EventLoop Loop => client.Loop;

    /// <summary>Moves what can be moved; called whenever either side has something new.</summary>
    public RelayStatus Run()
    {
        for (var left = MostBytes; left > 0;)
        {
            var up = _up.Step(Loop);
            var down = _down.Step(Loop);
            if (up == StreamSocket.Broken || down == StreamSocket.Broken)
            {
                return RelayStatus.Broken;
            }
            if (up + down == 0)
            {
                return _up.HasEnded && _down.HasEnded ? RelayStatus.Ended
                    : _up.IsUnheard || _down.IsUnheard ? RelayStatus.Broken
                    : RelayStatus.Running;
            }
            _lastMove = Loop.Now;
            left -= up + down;
        }
        Loop.Schedule(client);
        return RelayStatus.Running;
    }

    /// <summary>When, on the loop's clock, to ask this again; null when no byte has moved for too long, or its lifetime is over.</summary>
    /// <remarks>So a byte that moves costs one store and no timer.</remarks>
    public long? Deadline(TimeoutOptions timeouts)
    {
        var end = _lastMove + (long)timeouts.Tunnel.TotalMilliseconds;
        if (timeouts.Lifetime is { } lifetime)
        {
            end = Math.Min(end, _begun + (long)lifetime.TotalMilliseconds);
        }
        return end <= Loop.Now ? null : Math.Min(end, Loop.Now + LookAgain);
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release()
    {
        _up.Release(Loop);
        _down.Release(Loop);
    }
}
