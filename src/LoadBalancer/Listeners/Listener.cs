using System.Net;
using System.Net.Sockets;
using LoadBalancer.Configuration.Options;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Listeners;

/// <summary>
/// A bound address whose connections an engine accepts and serves. Its options, and the engine, may be replaced while it
/// runs; connections take what they need of the options when they need it.
/// </summary>
internal sealed partial class Listener : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly Places _places = new();
    private readonly Reminder _acceptFailed;
    private readonly Reminder _headerRefused;
    private volatile ListenerSettings _settings;
    private volatile IAcceptor? _acceptor;
    private volatile bool _isClosing;
    private long _handedOver;

    private Listener(Socket socket, ListenerSettings settings, TimeProvider time, ILogger logger)
    {
        Socket = socket;
        Time = time;
        _settings = settings;
        _logger = logger;
        _acceptFailed = new Reminder(TimeSpan.FromSeconds(10), time);
        _headerRefused = new Reminder(TimeSpan.FromMinutes(1), time);
    }

    /// <summary>Bound and listening.</summary>
    public Socket Socket { get; }

    public TimeProvider Time { get; }

    /// <summary>The settings in force.</summary>
    public ListenerSettings Settings => _settings;

    /// <summary>True when no further connections are accepted: those that are open finish what they do.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Connections that are open.</summary>
    public int Connections => _places.Taken;

    /// <summary>Connections that its engine left to another one.</summary>
    public long HandedOver => Volatile.Read(ref _handedOver);

    private int Limit => _settings.MaxConnections is var most and > 0 ? most : int.MaxValue;

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
        LogListening(_logger, Settings.Name, Settings.Bind, Settings.Protocol, Settings.Engine.Name);
        _acceptor = Settings.Engine.Accept(this);
        if (Settings.Budget is { } budget)
        {
            budget.Room += Resume;
        }
        // Room that was made meanwhile was told to nobody.
        Resume();
    }

    /// <summary>Takes other settings; another engine goes on with the same socket.</summary>
    public async Task ApplyAsync(ListenerSettings settings)
    {
        var before = _settings;
        _settings = settings;
        if (settings.Engine == before.Engine && settings.Budget == before.Budget)
        {
            Resume();
            return;
        }
        await StopAcceptingAsync(before, takeWaiting: false).ConfigureAwait(false);
        Start();
    }

    /// <summary>Stops accepting; connections that are open are not touched.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosing)
        {
            return;
        }
        _isClosing = true;
        if (_acceptor is not null)
        {
            // Clients whose connection the kernel has made already would be reset by the close.
            await StopAcceptingAsync(Settings, takeWaiting: true).ConfigureAwait(false);
            LogStopped(_logger, Settings.Name, Settings.Bind);
        }
        Socket.Dispose();
    }

    /// <summary>A connection was closed for its PROXY header, or for who sent it.</summary>
    public void ProxyHeaderRefused(IPAddress? peer, string problem)
    {
        if (_headerRefused.IsDue())
        {
            LogProxyHeaderRefused(_logger, Settings.Name, peer, problem);
        }
    }

    /// <summary>Whether another connection may be taken; if not, the acceptor is resumed when that changes.</summary>
    public bool HasRoom() => _places.Taken < Limit && _settings.Budget?.HasRoom() != false;

    /// <summary>Counts another connection; false when there is no room.</summary>
    public bool TryEnter(ConnectionBudget? budget)
    {
        if (!_places.TryTake(Limit))
        {
            return false;
        }
        if (budget?.TryEnter() == false)
        {
            GiveBack();
            return false;
        }
        return true;
    }

    /// <summary>Counts another connection, whether or not there is room.</summary>
    public void Enter(ConnectionBudget? budget)
    {
        _places.Take();
        budget?.Enter();
    }

    /// <summary>A connection that was counted has ended.</summary>
    /// <param name="budget">That with which it was counted.</param>
    public void Leave(ConnectionBudget? budget)
    {
        budget?.Leave();
        GiveBack();
    }

    /// <summary>Another engine goes on with a connection.</summary>
    public void CountHandOver() => Interlocked.Increment(ref _handedOver);

    /// <summary>A connection could not be accepted.</summary>
    public void AcceptFailed(string error)
    {
        if (_acceptFailed.IsDue())
        {
            LogAcceptFailed(_logger, Settings.Name, error);
        }
    }

    /// <summary>A connection was given up for an error of the balancer's own.</summary>
    public void Failed(Exception error) => LogFailed(_logger, Settings.Name, error);

    private async Task StopAcceptingAsync(ListenerSettings settings, bool takeWaiting)
    {
        if (settings.Budget is { } budget)
        {
            budget.Room -= Resume;
        }
        await _acceptor!.StopAsync(takeWaiting).ConfigureAwait(false);
    }

    private void GiveBack()
    {
        _places.GiveBack();
        if (_settings.MaxConnections > 0)
        {
            Resume();
        }
    }

    private void Resume() => _acceptor?.Resume();

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Listener}: listening on {Bind} ({Protocol}, {Engine})")]
    private static partial void LogListening(ILogger logger, string listener, BindAddress bind, string protocol, string engine);

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Listener}: stopped listening on {Bind}")]
    private static partial void LogStopped(ILogger logger, string listener, BindAddress bind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: closed a connection from {Peer}: {Problem}; said once a minute at most")]
    private static partial void LogProxyHeaderRefused(ILogger logger, string listener, IPAddress? peer, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: cannot accept a connection: {Error}")]
    private static partial void LogAcceptFailed(ILogger logger, string listener, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "listener {Listener}: a connection failed inside")]
    private static partial void LogFailed(ILogger logger, string listener, Exception error);
}
