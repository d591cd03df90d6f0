using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LoadBalancer.TestSupport;

/// <summary>A real program started by a test, with its output kept; killed with its children when disposed.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Standard output and error so far.</summary>
    public string Output => string.Join('\n', _lines);

    public IReadOnlyCollection<string> Lines => _lines;

    public static ChildProcess Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        var info = new ProcessStartInfo(file)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }
        var child = new ChildProcess(new Process { StartInfo = info });
        child._process.OutputDataReceived += (_, e) => child.Keep(e.Data);
        child._process.ErrorDataReceived += (_, e) => child.Keep(e.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Sends a signal, one of <see cref="Signals"/> or another.</summary>
    public void Signal(int signal) => _ = Kill(_process.Id, signal);

    /// <summary>Ends it by a signal; returns its exit code.</summary>
    public Task<int> SignalAsync(int signal)
    {
        Signal(signal);
        return WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync(TimeSpan? within = null)
    {
        await _process.WaitForExitAsync().WaitAsync(within ?? TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    /// <summary>Waits until a line of the output contains <paramref name="text"/>.</summary>
    public Task WaitForLineAsync(string text, TimeSpan? within = null) =>
        Eventually.True(() => _lines.Any(line => line.Contains(text, StringComparison.Ordinal)) || (HasExited ? throw new InvalidOperationException("it ended:\n" + Output) : false), $"a line with '{text}' in:\n{Output}", within);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
