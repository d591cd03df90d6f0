using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Configuration;

/// <summary>
/// lb.json on disk: loads it and follows its changes. What counts is the content, so it does not matter how the file
/// is changed: written in place, renamed over, or reached over symbolic links that are swapped (a Kubernetes ConfigMap).
/// </summary>
/// <param name="path">The path as the user gave it; errors show it.</param>
/// <param name="time">Drives the poll and the settling.</param>
/// <param name="logger">Where changes and refusals are told.</param>
public sealed partial class ConfigurationFile(string path, TimeProvider time, ILogger<ConfigurationFile> logger)
{
    private readonly string _fullPath = Path.GetFullPath(path);
    private FileContent? _seen;
    private int _forced;

    /// <summary>The folder that paths in the file are relative to.</summary>
    public string Folder => Path.GetDirectoryName(_fullPath) ?? _fullPath;

    /// <summary>
    /// The absolute folder that relative paths of files that the program writes are in: $STATE_DIRECTORY, of which systemd may name several
    /// (https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=), else <see cref="Folder"/>.
    /// </summary>
    public string? StateFolder { get; init; } =
        Environment.GetEnvironmentVariable("STATE_DIRECTORY")?.Split(':')[0] is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    /// <summary>How often the content is compared where the system does not tell of a change (some network file systems).</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the content must stay the same before it is taken: an editor may still be writing.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads a file once. Whatever is wrong with it is in the result.</summary>
    public static ConfigurationResult Read(string path) => new ConfigurationFile(path, TimeProvider.System, NullLogger<ConfigurationFile>.Instance).Load();

    /// <summary>Reads the file as it is now. Changes from here on are told by <see cref="WatchAsync"/>. Not to be called while it runs.</summary>
    public ConfigurationResult Load()
    {
        _seen = FileContent.Read(_fullPath);
        return Bind(_seen);
    }

    /// <summary>
    /// Calls <paramref name="changed"/>, one call after the other, for every change of the content: with new options, or
    /// with the errors for which they are refused; these are logged already, and the running configuration should stay.
    /// SIGHUP has the file read again even if it did not change, for files that it names.
    /// </summary>
    public async Task WatchAsync(Func<ConfigurationResult, Task> changed, CancellationToken stop)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = TryWatchFolder(() => wake.Writer.TryWrite(true));
        await using var poll = time.CreateTimer(_ => wake.Writer.TryWrite(true), null, PollInterval, PollInterval);
        using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Volatile.Write(ref _forced, 1);
            wake.Writer.TryWrite(true);
        });
        // A change between Load and the watcher's start.
        wake.Writer.TryWrite(true);
        while (true)
        {
            await wake.Reader.ReadAsync(stop);
            var forced = Interlocked.Exchange(ref _forced, 0) == 1;
            var content = FileContent.Read(_fullPath);
            if (!forced && _seen is not null && content.IsSame(_seen))
            {
                continue;
            }
            content = await SettledAsync(content, stop);
            if (!forced && _seen is not null && content.IsSame(_seen))
            {
                continue;
            }
            _seen = content;
            var result = Bind(content);
            Tell(result);
            await changed(result);
        }
    }

    private async Task<FileContent> SettledAsync(FileContent content, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(Settle, time, stop);
            var now = FileContent.Read(_fullPath);
            if (now.IsSame(content))
            {
                return now;
            }
            content = now;
        }
    }

    private ConfigurationResult Bind(FileContent content) => content.Problem is null
        ? ConfigurationReader.Read(content.Bytes, path, Folder, StateFolder)
        : new ConfigurationResult(null, [new ConfigurationError(path, 0, 0, "", content.Problem)], []);

    /// <summary>Wakes the loop on any change in the folder: renames and link swaps never touch the file itself.</summary>
    private FileSystemWatcher? TryWatchFolder(Action wake)
    {
        try
        {
            var watcher = new FileSystemWatcher(Folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += (_, _) => wake();
            watcher.Created += (_, _) => wake();
            watcher.Deleted += (_, _) => wake();
            watcher.Renamed += (_, _) => wake();
            watcher.Error += (_, _) => wake();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException)
        {
            Log.PollOnly(logger, path, PollInterval.TotalSeconds, e.Message);
            return null;
        }
    }

    private void Tell(ConfigurationResult result)
    {
        foreach (var warning in result.Warnings)
        {
            Log.Warned(logger, warning);
        }
        foreach (var error in result.Errors)
        {
            Log.Wrong(logger, error);
        }
        if (result.IsValid)
        {
            Log.Changed(logger, path);
        }
        else
        {
            Log.Refused(logger, path, result.Errors.Count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{File} changed and is valid")]
        public static partial void Changed(ILogger logger, string file);

        [LoggerMessage(Level = LogLevel.Error, Message = "{File} is REFUSED for {Count} errors; the running configuration stays")]
        public static partial void Refused(ILogger logger, string file, int count);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Error}")]
        public static partial void Wrong(ILogger logger, ConfigurationError error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
        public static partial void Warned(ILogger logger, ConfigurationError warning);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The system cannot watch the folder of {File}: {Reason}. It is compared every {Seconds} s instead")]
        public static partial void PollOnly(ILogger logger, string file, double seconds, string reason);
    }
}
