using LoadBalancer.Configuration;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Tests;

public sealed class ReloaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-reload-").FullName;

    private string FilePath => Path.Combine(_folder, "lb.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AConfigurationThatBreaksSomethingDoesNotEndTheReloads()
    {
        Write(80);
        var file = new ConfigurationFile(FilePath, TimeProvider.System, NullLogger<ConfigurationFile>.Instance);
        file.Load();
        var applied = new List<int>();
        var reloader = new Reloader(
            options =>
            {
                var port = options.Listeners["web"].Bind.Port;
                lock (applied)
                {
                    applied.Add(port);
                }
                return port switch
                {
                    81 => throw new InvalidOperationException("a defect"),
                    82 => throw new UnusableConfigurationException("a file cannot be used", new IOException()),
                    _ => Task.CompletedTask,
                };
            },
            NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var watching = file.WatchAsync(reloader.ApplyAsync, stop.Token);

        for (var port = 81; port <= 83; port++)
        {
            Write(port);
            await Eventually.True(() => { lock (applied) { return applied.Contains(port); } }, $"{port} is tried");
        }

        Assert.False(watching.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private void Write(int port) => File.WriteAllText(FilePath, $$"""{ "listeners": { "web": { "bind": "127.0.0.1:{{port}}" } } }""");
}
