using System.Net;
using System.Net.Sockets;
using LoadBalancer.Configuration.Options;
using LoadBalancer.Listeners;
using LoadBalancer.Tests.Support;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoadBalancer.Tests.Listeners;

public sealed class ListenerSetTests : IAsyncDisposable
{
    private readonly ListenerSet _set = new(TimeProvider.System, NullLoggerFactory.Instance);
    private readonly HandlerLog _one = new();
    private readonly HandlerLog _two = new();

    public async ValueTask DisposeAsync()
    {
        await _set.DisposeAsync();
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public async Task ConnectionsToANewAddressWaitForTheCommit()
    {
        var port = Ports.Free();
        await using var change = await _set.PrepareAsync([At($"127.0.0.1:{port}", _one)]);
        using var early = await ConnectAsync(port);
        Assert.Equal((0, 0), (_one.Count, _set.Current.Count));

        await change.CommitAsync();

        await Eventually.True(() => _one.Count == 1, "it is accepted");
    }

    [Fact]
    public async Task WhatIsNotCommittedIsUndone()
    {
        var (port, added) = (Ports.Free(), Ports.Free());
        await ApplyAsync(At($"127.0.0.1:{port}", _one));

        await using (await _set.PrepareAsync([At($"0.0.0.0:{port}", _two), At($"127.0.0.1:{added}", _two)]))
        {
        }

        Assert.Equal([$"127.0.0.1:{port}"], _set.Current.Select(static one => one.Settings.Bind.ToString()));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(added));
        using var connection = await ConnectAsync(port);
        await Eventually.True(() => _one.Count == 1, "the old one accepts");
        Assert.Equal(0, _two.Count);
    }

    [Fact]
    public async Task AnAddressGoesFromOneHandlerToAnotherWithItsSocket()
    {
        var (port, other) = (Ports.Free(), Ports.Free());
        await ApplyAsync(At($"127.0.0.1:{port}", _one), At($"127.0.0.1:{other}", _two));

        await ApplyAsync(At($"127.0.0.1:{port}", _two), At($"127.0.0.1:{other}", _one));

        using var connection = await ConnectAsync(port);
        await Eventually.True(() => _two.Count == 1, "the other handler has it");
        Assert.Equal(0, _one.Count);
    }

    [Fact]
    public async Task AnAddressThatCannotBeWidenedStays()
    {
        var port = Ports.Free();
        await ApplyAsync(At($"127.0.0.1:{port}", _one));
        using var foreign = new TcpListener(IPAddress.Parse("127.0.0.2"), port);
        foreign.Start();

        var refused = await Assert.ThrowsAsync<ListenerBindException>(() => _set.PrepareAsync([At($"0.0.0.0:{port}", _two)]));

        Assert.Contains("listeners.test.bind", refused.Message, StringComparison.Ordinal);
        Assert.Equal([$"127.0.0.1:{port}"], _set.Current.Select(static one => one.Settings.Bind.ToString()));
        using var connection = await ConnectAsync(port);
        await Eventually.True(() => _one.Count == 1, "it accepts again");
    }

    [Fact]
    public async Task WhatTheKernelHasAcceptedIsTakenAtTheClose()
    {
        var port = Ports.Free();
        await ApplyAsync(At($"127.0.0.1:{port}", _one) with { MaxConnections = 1 });
        using var first = await ConnectAsync(port);
        await Eventually.True(() => _one.Count == 1, "the first is accepted");
        using var second = await ConnectAsync(port);
        using var third = await ConnectAsync(port);

        await _set.CloseAsync(kept: null);

        await Eventually.True(() => _one.Count == 3, "those in the queue are taken");
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
        Assert.All([second, third], static socket => Assert.False(socket.Poll(0, SelectMode.SelectRead)));
    }

    [Fact]
    public async Task ClosingKeepsTheListenersOfOneHandler()
    {
        var (port, other) = (Ports.Free(), Ports.Free());
        await ApplyAsync(At($"127.0.0.1:{port}", _one), At($"127.0.0.1:{other}", _two));

        await _set.CloseAsync(kept: _two);

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
        using var connection = await ConnectAsync(other);
        await Eventually.True(() => _two.Count == 1, "the kept one accepts");
    }

    private static ListenerSettings At(string bind, IListenerEngine engine) => new("test", "listeners.test.bind", BindAddress.Parse(bind), "test", engine);

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return socket;
    }

    private async Task ApplyAsync(params ListenerSettings[] settings)
    {
        await using var change = await _set.PrepareAsync(settings);
        await change.CommitAsync();
    }
}
