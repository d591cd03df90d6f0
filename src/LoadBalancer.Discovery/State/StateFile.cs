using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.State;

/// <summary>
/// The last good state on disk, for a cold start while no source answers, and the operator's orders. Written whole to a temporary file in the
/// same folder, flushed to the disk and renamed over the old one: a reader sees the old state or the new one, never a
/// part. Nothing that is wrong with the file or the disk stops the balancer; it is logged.
/// </summary>
public sealed partial class StateFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<StateFile> _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private Func<SavedState>? _capture;
    private bool _failing;

    /// <summary>The state file at <paramref name="path"/>; its folder must exist when it is written.</summary>
    public StateFile(string path, TimeProvider time, ILogger<StateFile> logger)
    {
        _path = Path.GetFullPath(path);
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(_ => _ = Task.Run(WritePendingAsync), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long a change waits for more before it is written: also the least time between two writes.</summary>
    public static TimeSpan Debounce { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What the last run saved; empty when there is no file or it cannot be used (truncated, foreign, of another
    /// version, unreadable), which is logged. Never throws.
    /// </summary>
    public SavedState Load()
    {
        try
        {
            var state = StateFormat.Read(File.ReadAllBytes(_path));
            Log.Loaded(_logger, _path, state.Services.Count, state.Orders.Count);
            return state;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return SavedState.Empty;
        }
        catch (Exception e)
        {
            Log.Ignored(_logger, _path, e.Message);
            return SavedState.Empty;
        }
    }

    /// <summary>
    /// Something changed: <paramref name="capture"/> is called when it is time to write, on another thread, and its
    /// result saved. Cheap; the calls within <see cref="Debounce"/> end in one write.
    /// </summary>
    public void Schedule(Func<SavedState> capture)
    {
        lock (_lock)
        {
            if (_capture is null)
            {
                _timer.Change(Debounce, Timeout.InfiniteTimeSpan);
            }
            _capture = capture;
        }
    }

    /// <summary>
    /// Writes at once what is scheduled, and returns when it and any write under way are done; false when it could not be
    /// written, which is logged, and is tried again.
    /// </summary>
    public Task<bool> FlushAsync() => WritePendingAsync();

    /// <summary>Flushes and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        await _timer.DisposeAsync();
    }

    private async Task<bool> WritePendingAsync()
    {
        await _writing.WaitAsync();
        Func<SavedState>? capture;
        lock (_lock)
        {
            // Taken before the capture runs: a change from here on schedules a write of its own.
            (capture, _capture) = (_capture, null);
        }
        try
        {
            if (capture is not null)
            {
                Replace(StateFormat.Write(capture(), _time.GetUtcNow()));
                _failing = false;
            }
            return !_failing;
        }
        catch (Exception e)
        {
            if (!_failing)
            {
                Log.NotWritten(_logger, _path, e.Message);
            }
            _failing = true;
            Retry(capture);
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Retry(Func<SavedState>? capture)
    {
        lock (_lock)
        {
            _capture ??= capture;
            _timer.Change(10 * Debounce, Timeout.InfiniteTimeSpan);
        }
    }

    // The rename itself may be lost with the power: then the old file is there, whole.
    private void Replace(byte[] content)
    {
        var temporary = _path + ".tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, _path, overwrite: true);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "State file {Path} has {Services} services, which serve until a source answers, and {Orders} orders of the operator, which are in force")]
        public static partial void Loaded(ILogger logger, string path, int services, int orders);

        [LoggerMessage(Level = LogLevel.Warning, Message = "State file {Path} is ignored: {Error}. A new one replaces it as soon as a source answers")]
        public static partial void Ignored(ILogger logger, string path, string error);

        [LoggerMessage(Level = LogLevel.Error, Message = "State file {Path} cannot be written: {Error}. Traffic is not affected; a restart would have old orders of the operator or none, and, while no source answers, an old state or none")]
        public static partial void NotWritten(ILogger logger, string path, string error);
    }
}
