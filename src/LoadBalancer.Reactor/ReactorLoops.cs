using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

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
    /// <param name="time">The clock.</param>
    /// <param name="onFault">Told of errors inside; the connection that had one has been closed.</param>
    public ReactorLoops(int threads, TimeProvider time, Action<Exception> onFault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _loops = [.. Enumerable.Range(0, threads).Select(number => new EventLoop(number, time, onFault))];
        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>True where it can run.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    internal IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>Serves a client's connection, on the loop with the fewest.</summary>
    /// <param name="connection">It belongs to the reactor from here on.</param>
    /// <param name="host">What it needs to know.</param>
    public void Serve(Socket connection, HttpConnectionHost host)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(host);
        var peer = Prepare(connection);
        var loop = LeastBusy();
        loop.Http.CountIn();
        loop.Post(new LoopAction(() => loop.Http.Open(host, connection, peer)));
    }

    /// <inheritdoc cref="Serve(Socket, HttpConnectionHost)"/>
    public void Serve(Socket connection, TcpConnectionHost host)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(host);
        var peer = Prepare(connection);
        // A Socket cannot be made to give its descriptor away: the connection goes on under another one.
        var descriptor = Libc.ControlFile((int)connection.Handle, Libc.Duplicate, 0);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        connection.Dispose();
        var loop = LeastBusy();
        loop.Tcp.CountIn();
        loop.Post(new LoopAction(() => loop.Tcp.Open(host, descriptor, peer)));
    }

    /// <summary>Waits for the open connections to end, closing the idle ones; ends what is left when the deadline fires.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await ForAllAsync(static loop => loop.Http.Drain()).ConfigureAwait(false);
        while (!deadline.IsCancellationRequested && _loops.Any(static loop => loop.Connections > 0))
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

    private EventLoop LeastBusy() => _loops.MinBy(static loop => loop.Connections)!;

    /// <summary>Makes it fit for a loop and says where it comes from.</summary>
    private static IPAddress? Prepare(Socket connection)
    {
        connection.Blocking = false;
        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        return peer is { IsIPv4MappedToIPv6: true } ? peer.MapToIPv4() : peer;
    }

    private Task ForAllAsync(Action<EventLoop> action) => Task.WhenAll(_loops.Select(loop =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(new LoopAction(() =>
        {
            action(loop);
            done.SetResult();
        }));
        return done.Task;
    }));
}
