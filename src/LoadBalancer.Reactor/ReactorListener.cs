using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor;

/// <summary>A listening socket that all loops accept on.</summary>
public sealed class ReactorListener
{
    private readonly Acceptor[] _acceptors;
    private readonly int _descriptor;
    private readonly ConnectionHost _host;

    internal ReactorListener(EventLoop[] loops, int descriptor, ConnectionHost host)
    {
        _descriptor = descriptor;
        _host = host;
        TcpOptions.Tune(descriptor);
        host.Tune(descriptor, isOurs: true);
        _acceptors = [.. loops.Select(loop => new Acceptor(loop, loops, descriptor, host))];
        foreach (var acceptor in _acceptors)
        {
            acceptor.Loop.Post(acceptor);
        }
    }

    /// <summary>There may be room for another connection, see <see cref="ConnectionHost.TryEnter"/>. From any thread.</summary>
    public void Resume()
    {
        foreach (var acceptor in _acceptors)
        {
            acceptor.Resume();
        }
    }

    /// <summary>Stops accepting; connections that are open are not touched. Completes when no loop knows the socket any more.</summary>
    /// <param name="takeWaiting">Takes those that the kernel has made already: closing the socket would reset them.</param>
    public async Task StopAsync(bool takeWaiting)
    {
        await Task.WhenAll(_acceptors.Select(static acceptor => acceptor.Loop.RunAsync(acceptor.Stop))).ConfigureAwait(false);
        _host.Tune(_descriptor, isOurs: false);
        if (takeWaiting)
        {
            await _acceptors[0].TakeWaitingAsync().ConfigureAwait(false);
        }
    }
}
