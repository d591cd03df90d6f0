using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Threading.Channels;

namespace LoadBalancer.Listeners;

/// <summary>Accepts one connection after the other and hands each to its handler, on the thread pool.</summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync, which every owner calls, disposes")]
internal sealed class SocketAcceptor : IAcceptor
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Listener _listener;
    private readonly IConnectionHandler _handler;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Holds at most one signal that there may be room again: signals that nobody waits for do not add up.</summary>
    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(1);
    private readonly Task _accepting;

    public SocketAcceptor(Listener listener, IConnectionHandler handler)
    {
        _listener = listener;
        _handler = handler;
        _accepting = AcceptAsync();
    }

    public void Resume() => _room.Writer.TryWrite(true);

    public async Task StopAsync(bool takeWaiting)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        if (takeWaiting)
        {
            TakeWaiting();
        }
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // At its limit it accepts no more; clients wait in the kernel's backlog.
                while (!_listener.HasRoom())
                {
                    await _room.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                }
                Begin(await _listener.Socket.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors or memory, or the client is gone already: the next one may succeed.
                _listener.AcceptFailed(e.Message);
                await Task.Delay(s_pause, _listener.Time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void TakeWaiting()
    {
        try
        {
            while (_listener.Socket.Poll(0, SelectMode.SelectRead))
            {
                Begin(_listener.Socket.Accept());
            }
        }
        catch (SocketException e)
        {
            _listener.AcceptFailed(e.Message);
        }
    }

    private void Begin(Socket connection)
    {
        var budget = _listener.Settings.Budget;
        _listener.Enter(budget);
        _ = HandleAsync(connection, budget);
    }

    private async Task HandleAsync(Socket connection, ConnectionBudget? budget)
    {
        // Off the accept loop: whatever a handler does before its first wait must not hold up the next connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Sockets.Tune(connection);
            await _handler.HandleAsync(connection, _listener).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _listener.Failed(e);
            connection.Dispose();
        }
        finally
        {
            _listener.Leave(budget);
        }
    }
}
