using System.Net.Sockets;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor;

/// <summary>
/// The engine for Linux: an event loop per core that owns both sockets of every exchange (docs/architecture.md). Everything
/// that it does not do it hands over.
/// </summary>
public sealed class ReactorLoops : IDisposable
{
    private readonly EventLoop[] _loops;

    /// <summary>Starts the loops.</summary>
    /// <param name="threads">How many, at least 1.</param>
    /// <param name="batchesSends">Whether small sends go out together, where the kernel can do that.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onFault">Told of errors inside; the connection that had one has been closed.</param>
    public ReactorLoops(int threads, bool batchesSends, TimeProvider time, Action<Exception> onFault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _loops = [.. Enumerable.Range(0, threads).Select(number => new EventLoop(number, batchesSends, time, onFault))];
        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>True where it can run.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>How many loops there are.</summary>
    public int Count => _loops.Length;

    internal IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>
    /// Accepts connections on a bound and listening socket, on all loops. It stays the caller's, who keeps it open until the
    /// listener has been stopped.
    /// </summary>
    /// <param name="socket">It is made non-blocking.</param>
    /// <param name="host">What its connections need to know.</param>
    public ReactorListener Listen(Socket socket, ConnectionHost host)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(host);
        socket.Blocking = false;
        return new ReactorListener(_loops, (int)socket.Handle, host);
    }

    /// <summary>Waits for the open connections to end, closing the idle ones; ends what is left when the deadline fires.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await ForAllAsync(static loop => loop.Http.Drain()).ConfigureAwait(false);
        while (!deadline.IsCancellationRequested && _loops.Any(static loop => loop.Clients > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _loops[0].Time, CancellationToken.None).ConfigureAwait(false);
        }
        await ForAllAsync(static loop =>
        {
            loop.Http.Abort();
            loop.Tcp.Abort();
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }

    private Task ForAllAsync(Action<EventLoop> action) => Task.WhenAll(_loops.Select(loop => loop.RunAsync(() => action(loop))));
}
