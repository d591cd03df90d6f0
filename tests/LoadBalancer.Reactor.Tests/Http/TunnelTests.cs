using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.Reactor.Tests.Tcp;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>A tunnel from its 101 to its end, over real sockets.</summary>
public sealed class TunnelTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    public static TheoryData<bool> Sides => [true, false];

    /// <summary>With what either side sends at once behind its head, large and small, and readers that stall.</summary>
    [Theory]
    [InlineData(20_000, 3_000, 200, 21u)]
    [InlineData(300_000, 40_000, 60, 22u)]
    [InlineData(6_000_000, 500_000, 15, 23u)]
    public async Task Both_ways_arrive_unchanged(int most, int piece, int count, uint seed)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var pairing = new SemaphoreSlim(1);
        var early = Gen.OneOf(Gen.Const(0), Gen.Int[1, 200], Gen.Int[1, most / 4]);
        var cases = Cases.Of(Gen.Select(Transfer.Of(most, piece), Transfer.Of(most, piece), early, early, Gen.Bool), seed, count);
        await Parallel.ForEachAsync(cases.Index(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var (up, down, fromClient, fromEndpoint, small) = one.Item;
            try
            {
                await RunAsync(up, down with { IsAnswer = down.IsAnswer && !up.IsAnswer }, Text('u', fromClient), Text('d', fromEndpoint), small ? piece : 0).WaitAsync(s_hang, CancellationToken.None);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {one.Index} of seed {seed}: {e.Message}", e);
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Equal((count, 0), (reactor.Endpoint.Total, reactor.Endpoint.Failures));
        Assert.Empty(reactor.HandedOver);

        async Task RunAsync(Transfer up, Transfer down, string fromClient, string fromEndpoint, int receiveBuffer)
        {
            using var client = await reactor.ConnectAsync();
            await pairing.WaitAsync();
            var asking = client.SendTextAsync(Tunnels.Request + fromClient);
            using var endpoint = await backend.AcceptSocketAsync();
            pairing.Release();
            if (receiveBuffer > 0)
            {
                client.ReceiveBufferSize = receiveBuffer;
                endpoint.ReceiveBufferSize = receiveBuffer;
            }
            await endpoint.ReadHeadAsync();
            Assert.Equal(0, endpoint.Available);
            var answering = endpoint.SendTextAsync(Tunnels.Switch + fromEndpoint);
            await client.ReadHeadAsync();
            Assert.Equal(fromEndpoint, await client.ReadTextAsync(fromEndpoint.Length));
            Assert.Equal(fromClient, await endpoint.ReadTextAsync(fromClient.Length));
            await Task.WhenAll(asking, answering);
            await TransferTests.RunAsync(client, endpoint, up, down);
        }
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public async Task An_end_of_one_side_leaves_the_other_its_say(bool byClient)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        var (one, other) = byClient ? (client, endpoint) : (endpoint, client);
        using var first = one;
        using var second = other;
        await one.SendTextAsync("last words");

        one.Shutdown(SocketShutdown.Send);

        Assert.Equal("last words", await other.ReadTextAsync(10));
        Assert.Equal(0, await other.ReceiveAsync(new byte[1]));
        await other.SendTextAsync("and still");
        Assert.Equal("and still", await one.ReadTextAsync(9));
        Assert.Equal(1, reactor.Endpoint.InFlight);
        other.Shutdown(SocketShutdown.Send);
        Assert.Equal(SocketError.Success, await one.ReadEndAsync());
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(0, reactor.Endpoint.Failures);
    }

    [Fact]
    public async Task A_client_that_has_said_all_with_its_request_gets_what_it_is_told()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.AskAsync(reactor, backend, early: "early");
        client.Shutdown(SocketShutdown.Send);
        await endpoint.SendTextAsync(Tunnels.Switch);

        Assert.Equal("early", await endpoint.ReadTextAsync(5));
        Assert.Equal(SocketError.Success, await endpoint.ReadEndAsync());
        await endpoint.SendTextAsync("late");
        endpoint.Dispose();

        await client.ReadHeadAsync();
        Assert.Equal("late", await client.ReadTextAsync(4));
        Assert.Equal(SocketError.Success, await client.ReadEndAsync());
        client.Dispose();
        await reactor.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("bye")]
    public async Task An_endpoint_that_ends_with_its_switch_is_heard_to_the_end(string said)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        for (var round = 0; round < 50; round++)
        {
            var (client, endpoint) = await Tunnels.AskAsync(reactor, backend);
            using var _ = client;
            await endpoint.SendTextAsync(Tunnels.Switch + said);
            endpoint.Dispose();

            Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.Equal(said, await client.ReadTextAsync(said.Length));
            Assert.Equal(SocketError.Success, await client.ReadEndAsync());
        }
        await reactor.AssertNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public async Task A_reset_by_one_side_is_a_reset_for_the_other(bool byClient)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        var (one, other) = byClient ? (client, endpoint) : (endpoint, client);
        using var _ = other;

        one.Reset();

        Assert.Equal(SocketError.ConnectionReset, await other.ReadEndAsync());
        await reactor.AssertNothingLeftAsync();
        // Only an endpoint can fail as one.
        Assert.Equal(byClient ? 0 : 1, reactor.Endpoint.Failures);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public async Task A_reset_in_the_middle_of_bulk_ends_its_sender(bool byClient)
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        var (one, other) = byClient ? (client, endpoint) : (endpoint, client);
        using var _ = other;
        var pouring = PourAsync(other);
        for (var read = 0; read < 4_000_000;)
        {
            read += await one.ReceiveAsync(new byte[64 * 1024]);
        }

        one.Reset();

        await Assert.ThrowsAsync<SocketException>(() => pouring.WaitAsync(s_hang, TestContext.Current.CancellationToken));
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_silent_tunnel_is_reset_after_its_limit_and_nobody_is_to_blame()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(new ServicePolicy { Timeouts = new TimeoutOptions { Tunnel = TimeSpan.FromMilliseconds(50) } }, backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        using var first = client;
        using var second = endpoint;

        Assert.Equal(SocketError.ConnectionReset, await client.ReadEndAsync());
        Assert.Equal(SocketError.ConnectionReset, await endpoint.ReadEndAsync());

        await reactor.AssertNothingLeftAsync();
        Assert.Equal(0, reactor.Endpoint.Failures);
    }

    [Fact]
    public async Task Draining_waits_for_a_tunnel()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        await reactor.StopAsync(takeWaiting: false);

        var draining = reactor.DrainAsync(CancellationToken.None);

        await client.SendTextAsync("x");
        Assert.Equal("x", await endpoint.ReadTextAsync(1));
        Assert.False(draining.IsCompleted);
        client.Dispose();
        endpoint.Dispose();
        await draining.WaitAsync(s_hang, TestContext.Current.CancellationToken);
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task What_is_left_after_the_time_for_draining_is_reset()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        using var first = client;
        using var second = endpoint;
        await reactor.StopAsync(takeWaiting: false);

        await reactor.DrainAsync(new CancellationToken(canceled: true));

        Assert.Equal(SocketError.ConnectionReset, await client.ReadEndAsync());
        Assert.Equal(SocketError.ConnectionReset, await endpoint.ReadEndAsync());
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(0, reactor.Endpoint.Failures);
    }

    [Fact]
    public async Task An_idle_tunnel_holds_no_buffer()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var (client, endpoint) = await Tunnels.OpenAsync(reactor, backend);
        await client.SendTextAsync("x");
        Assert.Equal("x", await endpoint.ReadTextAsync(1));

        await TestSupport.Eventually.True(async () => await reactor.RentedAsync() == 0, "no buffer is rented");

        client.Dispose();
        endpoint.Dispose();
        await reactor.AssertNothingLeftAsync();
    }

    /// <summary>Whichever way it ends, at whichever moment: what it held is given back once.</summary>
    [Fact]
    public async Task Five_hundred_that_end_in_every_way_leave_nothing_behind()
    {
        using var backend = new ManualBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var serving = Task.Run(async () =>
        {
            var open = new List<Task>();
            for (var i = 0; i < 500; i++)
            {
                open.Add(ServeAsync(await backend.AcceptSocketAsync()));
            }
            await Task.WhenAll(open);
        }, TestContext.Current.CancellationToken);
        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var client = await reactor.ConnectAsync();
            await client.SendTextAsync(Tunnels.Request.Replace("/chat", $"/{i}", StringComparison.Ordinal) + (i % 3 == 0 ? "early" : ""));
            switch (i % 6)
            {
                case 0:
                    client.Reset();
                    return;
                case 1:
                    await client.ReadTextAsync(20);
                    client.Reset();
                    return;
                case 2:
                    client.Shutdown(SocketShutdown.Send);
                    break;
                case 3:
                    await client.ReadHeadAsync();
                    client.Shutdown(SocketShutdown.Send);
                    break;
                default:
                    await client.ReadTextAsync(20);
                    await SendAsync(client, new byte[i % 2 == 0 ? 10 : 200_000]);
                    break;
            }
            await client.ReadEndAsync();
        });
        await TestSupport.Eventually.True(() => reactor.Open == 0, "every connection has left");
        while (!serving.IsCompleted)
        {
            // Those of clients that had gone before the endpoint was asked have not come.
            using var one = await reactor.ConnectAsync();
            await one.SendTextAsync(Tunnels.Request);
            await one.ReadEndAsync();
        }
        await serving.WaitAsync(s_hang, TestContext.Current.CancellationToken);
        await reactor.AssertNothingLeftAsync();
        Assert.Empty(reactor.HandedOver);

        static async Task ServeAsync(Socket endpoint)
        {
            using var _ = endpoint;
            try
            {
                var buffer = new byte[64 * 1024];
                var head = Encoding.Latin1.GetString(buffer, 0, await endpoint.ReceiveAsync(buffer));
                await SendAsync(endpoint, Encoding.Latin1.GetBytes(Tunnels.Switch));
                if (head.Length % 5 == 0)
                {
                    endpoint.Reset();
                    return;
                }
                await endpoint.ReceiveAsync(buffer);
                await SendAsync(endpoint, new byte[100_000]);
            }
            catch (SocketException)
            {
                // The client has left.
            }
        }
    }

    private static string Text(char of, int count) => string.Create(count, of, static (span, of) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = (char)(of + (i % 11));
        }
    });

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // The other side has left.
        }
    }

    private static async Task PourAsync(Socket socket)
    {
        var block = new byte[256 * 1024];
        while (true)
        {
            await socket.SendAsync(block);
        }
    }
}
