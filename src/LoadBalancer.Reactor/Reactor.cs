using System.Net.Sockets;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor;

/// <summary>
/// The engine for Linux: an event loop per core that owns both sockets of every exchange (docs/architecture.md). Everything
/// that it does not do it hands over.
/// </summary>
public sealed class Reactor : IDisposable
{
    private readonly EventLoop[] _loops;

    /// <summary>Starts the loops.</summary>
    /// <param name="threads">How many, at least 1.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onFault">Told of errors inside; the connection that had one has been closed.</param>
    public Reactor(int threads, TimeProvider time, Action<Exception> onFault)
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

    /// <summary>How many loops there are: a listener needs a socket for each.</summary>
    public int Threads => _loops.Length;

    /// <summary>Begins to accept connections.</summary>
    /// <param name="listener">Who serves them.</param>
    /// <param name="sockets">Bound and listening, one per loop; they belong to the reactor from here on.</param>
    public void Listen(ReactorListener listener, IReadOnlyList<Socket> sockets)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(sockets);
        ArgumentOutOfRangeException.ThrowIfNotEqual(sockets.Count, _loops.Length);
        listener.Open(_loops, [.. sockets.Select(Descriptor)]);
    }

    /// <summary>Waits for the open connections to end, closing the idle ones; ends what is left when the deadline fires.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await ForAllAsync(static loop => loop.Http.Drain()).ConfigureAwait(false);
        while (!deadline.IsCancellationRequested && (await CountAsync().ConfigureAwait(false)) > 0)
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

    /// <summary>The socket as a bare descriptor; only a copy can leave .NET's hands.</summary>
    private static int Descriptor(Socket socket)
    {
        using (socket)
        {
            socket.Blocking = false;
            return Libc.Control((int)socket.SafeHandle.DangerousGetHandle(), Libc.DuplicateCloseOnExec, 0) is var copy and >= 0
                ? copy
                : throw new SocketException(Marshal.GetLastPInvokeError());
        }
    }

    private async Task<int> CountAsync()
    {
        var count = 0;
        await ForAllAsync(loop => Interlocked.Add(ref count, loop.Http.Connections.Count + loop.Tcp.Relays.Count)).ConfigureAwait(false);
        return count;
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
