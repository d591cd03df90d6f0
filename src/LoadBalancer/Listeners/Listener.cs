using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using LoadBalancer.Configuration.Options;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Listeners;

/// <summary>
/// A bound address that accepts connections and hands each to its handler. Its options may be replaced
/// while it runs; connections take them from here when they need them.
/// </summary>
internal sealed partial class Listener : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_sayAgain = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Reminder _headerRefused;

    /// <summary>Holds at most one signal that there may be room again: signals that nobody waits for do not add up.</summary>
    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(1);
    private volatile ListenerSettings _settings;
    private Task _accepting = Task.CompletedTask;
    private int _connections;

    private Listener(Socket socket, ListenerSettings settings, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _settings = settings;
        _time = time;
        _logger = logger;
        _headerRefused = new Reminder(s_sayAgain, time);
    }

    /// <summary>The settings in force.</summary>
    public ListenerSettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            _room.Writer.TryWrite(true);
        }
    }

    /// <summary>True when no further connections are accepted: those that are open finish what they do.</summary>
    public bool IsClosing => _stop.IsCancellationRequested;

    /// <summary>Connections that are open.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Binds and listens; accepts nothing before <see cref="Start"/>.</summary>
    /// <exception cref="ListenerBindException">The address is taken or not to be had.</exception>
    public static Listener Bind(ListenerSettings settings, TimeProvider time, ILogger logger)
    {
        try
        {
            return new Listener(Sockets.Listen(settings.Bind, settings.Backlog), settings, time, logger);
        }
        catch (SocketException e)
        {
            throw new ListenerBindException(settings.BindKey, settings.Bind, e);
        }
    }

    /// <summary>Begins to accept.</summary>
    public void Start()
    {
        LogListening(_logger, Settings.Name, Settings.Bind, Settings.Protocol);
        _accepting = AcceptAsync();
    }

    /// <summary>Stops accepting; connections that are open are not touched.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsClosing)
        {
            return;
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        TakeWaiting();
        _socket.Dispose();
        LogStopped(_logger, Settings.Name, Settings.Bind);
    }

    /// <summary>A connection was closed for its PROXY header, or for who sent it.</summary>
    public void ProxyHeaderRefused(IPAddress? peer, string problem)
    {
        if (_headerRefused.IsDue())
        {
            LogProxyHeaderRefused(_logger, Settings.Name, peer, problem);
        }
    }

    private async Task AcceptAsync()
    {
        while (!IsClosing)
        {
            try
            {
                await WaitForRoomAsync().ConfigureAwait(false);
                var connection = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                Begin(connection);
            }
            catch (Exception) when (IsClosing)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors or memory, or the client is gone already: the next one may succeed.
                LogAcceptFailed(_logger, Settings.Name, e.Message);
                await Task.Delay(s_pause, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Clients whose connection the kernel has made already would be reset by the close.</summary>
    private void TakeWaiting()
    {
        try
        {
            while (_socket.Poll(0, SelectMode.SelectRead))
            {
                var connection = _socket.Accept();
                Begin(connection);
            }
        }
        catch (SocketException e)
        {
            LogAcceptFailed(_logger, Settings.Name, e.Message);
        }
    }

    /// <summary>At its limit it accepts no more; clients wait in the kernel's backlog.</summary>
    private async ValueTask WaitForRoomAsync()
    {
        while (Settings.MaxConnections is var most and > 0 && Connections >= most)
        {
            await _room.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
        }
        if (Settings.Budget is { } budget)
        {
            await budget.WaitForRoomAsync(_stop.Token).ConfigureAwait(false);
        }
    }

    private void Begin(Socket connection)
    {
        var settings = Settings;
        Interlocked.Increment(ref _connections);
        settings.Budget?.Enter();
        _ = HandleAsync(connection, settings);
    }

    private async Task HandleAsync(Socket connection, ListenerSettings settings)
    {
        // Off the accept loop: whatever a handler does before its first wait must not hold up the next connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Sockets.Tune(connection);
            await settings.Handler.HandleAsync(connection, this).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogHandlerFailed(_logger, Settings.Name, e);
            connection.Dispose();
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            settings.Budget?.Leave();
            if (Settings.MaxConnections > 0)
            {
                _room.Writer.TryWrite(true);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Listener}: listening on {Bind} ({Protocol})")]
    private static partial void LogListening(ILogger logger, string listener, BindAddress bind, string protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Listener}: stopped listening on {Bind}")]
    private static partial void LogStopped(ILogger logger, string listener, BindAddress bind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: closed a connection from {Peer}: {Problem}; said once a minute at most")]
    private static partial void LogProxyHeaderRefused(ILogger logger, string listener, IPAddress? peer, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: cannot accept a connection: {Error}")]
    private static partial void LogAcceptFailed(ILogger logger, string listener, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "listener {Listener}: a connection failed inside")]
    private static partial void LogHandlerFailed(ILogger logger, string listener, Exception error);
}
