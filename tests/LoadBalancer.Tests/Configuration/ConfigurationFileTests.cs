using System.Runtime.InteropServices;
using System.Threading.Channels;
using LoadBalancer.Configuration;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Configuration;

/// <summary>Real files, the real watcher of the system; the poll is off except where a test is about it.</summary>
public sealed partial class ConfigurationFileTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-config-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ConfigurationResult> _results = Channel.CreateUnbounded<ConfigurationResult>();
    private Task _watch = Task.CompletedTask;

    private string FilePath => Path.Combine(_folder, "lb.json");

    [Fact]
    public async Task AnInPlaceWriteIsFound()
    {
        Start();

        Write(FilePath, port: 81);

        Assert.Equal(81, await NextPortAsync());
    }

    [Fact]
    public async Task ARenameOverTheFileIsFound()
    {
        Start();

        Write(FilePath + ".new", port: 81);
        File.Move(FilePath + ".new", FilePath, overwrite: true);

        Assert.Equal(81, await NextPortAsync());
    }

    [Fact]
    public async Task ASwapOfSymbolicLinksIsFound()
    {
        // The way of a Kubernetes ConfigMap: lb.json -> ..data/lb.json, ..data -> a folder by its time.
        foreach (var (name, port) in new[] { ("..1", 80), ("..2", 81) })
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
            Write(Path.Combine(_folder, name, "lb.json"), port);
        }
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..1");
        File.CreateSymbolicLink(FilePath, "..data/lb.json");
        Start(write: false);

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..new"), "..2");
        Assert.Equal(0, Rename(Path.Combine(_folder, "..new"), Path.Combine(_folder, "..data")));

        Assert.Equal(81, await NextPortAsync());
    }

    [Fact]
    public async Task ABadEditIsRefusedWholeAndAGoodOneThenTaken()
    {
        Start();

        File.WriteAllText(FilePath, """{ "listeners": { "web": { "bind": ":82" } }, "drainTimeout": 5 }""");
        var refused = await NextAsync();
        Write(FilePath, port: 81);

        Assert.Null(refused.Options);
        Assert.Contains($"{FilePath}:1:62: drainTimeout: found the number 5", Assert.Single(refused.Errors).ToString(), StringComparison.Ordinal);
        Assert.Equal(81, await NextPortAsync());
    }

    [Fact]
    public async Task ADeletedFileIsAnErrorUntilItIsBack()
    {
        Start();

        File.Delete(FilePath);
        var refused = await NextAsync();
        Write(FilePath, port: 80);

        Assert.Equal($"{FilePath}: there is no such file; create it, or name another one with --config", Assert.Single(refused.Errors).ToString());
        Assert.Equal(80, await NextPortAsync());
    }

    [Fact]
    public async Task TheSameContentWrittenAgainIsNoChange()
    {
        Start();

        Write(FilePath, port: 80);
        Write(Path.Combine(_folder, "other.json"), port: 99);
        Write(FilePath, port: 81);

        Assert.Equal(81, await NextPortAsync());
        Assert.False(_results.Reader.TryRead(out _));
    }

    [Fact]
    public async Task AChangeBetweenLoadAndWatchIsFound()
    {
        Write(FilePath, port: 80);
        var file = NewFile(TimeProvider.System);
        Assert.True(file.Load().IsValid);

        Write(FilePath, port: 81);
        Watch(file);

        Assert.Equal(81, await NextPortAsync());
    }

    [Fact]
    public async Task AHangUpHasTheFileReadAgain()
    {
        Start();

        // The handler stands: WatchAsync runs up to its first wait before it returns.
        Assert.Equal(0, Kill(Environment.ProcessId, 1));

        Assert.Equal(80, await NextPortAsync());
    }

    [Fact]
    public async Task WhereTheSystemTellsNothingThePollFindsTheChange()
    {
        // The link's own folder does not change: no event comes.
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        var target = Path.Combine(elsewhere, "lb.json");
        Write(target, port: 80);
        File.CreateSymbolicLink(FilePath, target);
        var time = new FakeTimeProvider();
        var file = NewFile(time, poll: TimeSpan.FromSeconds(5));
        Assert.True(file.Load().IsValid);
        Watch(file);

        Write(target, port: 81);
        ConfigurationResult? result = null;
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return _results.Reader.TryRead(out result);
            },
            "the poll finds the change");

        Assert.Equal(81, result!.Options!.Listeners["web"].Bind.Port);
    }

    [Fact]
    public async Task AFileThatIsStillBeingWrittenIsNotTaken()
    {
        Write(FilePath, port: 80);
        var time = new FakeTimeProvider();
        var file = NewFile(time, poll: TimeSpan.FromHours(1));
        file.Load();
        Watch(file);

        // The clock stands still: whatever the watcher sees, nothing has settled.
        File.WriteAllText(FilePath, "{ \"listeners\": { \"web\":");
        Write(FilePath, port: 81);
        ConfigurationResult? result = null;
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return _results.Reader.TryRead(out result);
            },
            "the change is found");

        Assert.Equal(81, result!.Options!.Listeners["web"].Bind.Port);
    }

    [Fact]
    public void PathsInTheFileAreRelativeToItsFolder()
    {
        File.WriteAllText(Path.Combine(_folder, "token"), "secret");
        File.WriteAllText(FilePath, """{ "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": { "tokenFile": "token" }, "stateFile": "state.json" } }""");

        var options = NewFile(TimeProvider.System).Load().Options!;

        Assert.Equal(Path.Combine(_folder, "token"), options.Discovery.Consul!.TokenFile);
        Assert.Equal(Path.Combine(_folder, "state.json"), options.Discovery.StateFile);
    }

    [Fact]
    public void TheStateFileIsInTheFolderForState()
    {
        File.WriteAllText(FilePath, """{ "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": {} } }""");

        var options = new ConfigurationFile(FilePath, TimeProvider.System, NullLogger<ConfigurationFile>.Instance) { StateFolder = "/var/lib/lb" }.Load().Options!;

        Assert.Equal("/var/lib/lb/lb.state.json", options.Discovery.StateFile);
    }

    [Fact]
    public void WhatCannotBeReadIsAnError()
    {
        Assert.Equal($"{_folder}: this is a folder; name the file in it", Assert.Single(ConfigurationFile.Read(_folder).Errors).ToString());
        Assert.Equal("there is no such file; create it, or name another one with --config", Assert.Single(ConfigurationFile.Read(Path.Combine(_folder, "no", "lb.json")).Errors).Message);
        Assert.Equal("larger than 16 MiB; this is not an lb.json", Assert.Single(ConfigurationFile.Read("/dev/zero").Errors).Message);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _watch.IsCompletedSuccessfully ? Task.FromCanceled(_stop.Token) : _watch);
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Write(string path, int port) => File.WriteAllText(path, $$"""{ "listeners": { "web": { "bind": ":{{port}}" } } }""");

    private ConfigurationFile NewFile(TimeProvider time, TimeSpan? poll = null) =>
        new(FilePath, time, NullLogger<ConfigurationFile>.Instance) { PollInterval = poll ?? TimeSpan.FromDays(1) };

    private void Start(bool write = true)
    {
        if (write)
        {
            Write(FilePath, port: 80);
        }
        var file = NewFile(TimeProvider.System);
        Assert.Equal(80, file.Load().Options!.Listeners["web"].Bind.Port);
        Watch(file);
    }

    private void Watch(ConfigurationFile file) => _watch = file.WatchAsync(result => _results.Writer.WriteAsync(result).AsTask(), _stop.Token);

    private async Task<ConfigurationResult> NextAsync() => await _results.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    private async Task<int> NextPortAsync() => (await NextAsync()).Options!.Listeners["web"].Bind.Port;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    /// <summary>rename(2): File.Move follows a link to a folder.</summary>
    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
