using System.Net.Sockets;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Tcp;

/// <summary>A connection's way from its begin to its end, over real sockets.</summary>
public sealed class TcpConnectionTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    private static readonly ServicePolicy s_oneAtOnce = new() { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } } };

    private static readonly ServicePolicy s_oneAtEndpoint = new() { EndpointLimits = new EndpointLimitOptions { MaxConnections = 1, MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } };

    public static TheoryData<bool> Queues => [true, false];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_by_one_side_is_a_reset_for_the_other(bool byClient)
    {
        await using var relay = new TcpFixture();
        var (client, endpoint) = await relay.ConnectBothAsync();
        var (one, other) = byClient ? (client, endpoint) : (endpoint, client);
        using var _ = other;

        Reset(one);

        Assert.Equal(SocketError.ConnectionReset, await ErrorOfAsync(other));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_in_the_middle_of_bulk_ends_its_sender(bool byClient)
    {
        await using var relay = new TcpFixture();
        var (client, endpoint) = await relay.ConnectBothAsync();
        var (one, other) = byClient ? (client, endpoint) : (endpoint, client);
        using var _ = other;
        var pouring = PourAsync(other);
        var buffer = new byte[64 * 1024];
        for (var read = 0; read < 4_000_000;)
        {
            read += await one.ReceiveAsync(buffer);
        }
        // It sends until nothing more goes: the relay holds as much as it ever does.
        await Task.WhenAny(pouring, Task.Delay(100, TestContext.Current.CancellationToken));

        Reset(one);

        await Assert.ThrowsAsync<SocketException>(() => pouring.WaitAsync(s_hang, TestContext.Current.CancellationToken));
        // What was on its way is nobody else's, whichever loop and pipe the next ones get.
        for (var i = 0; i < 4; i++)
        {
            var transfer = new Transfer(i, 1_000_000, [100_000], [50_000], int.MaxValue, IsAnswer: false);
            var (from, to) = await relay.ConnectBothAsync();
            await Task.WhenAll(transfer.SendAsync(from), transfer.ReceiveAsync(to, Task.CompletedTask)).WaitAsync(s_hang, TestContext.Current.CancellationToken);
            from.Dispose();
            to.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_has_said_all_and_then_breaks_the_connection_is_noticed(bool isClient)
    {
        await using var relay = new TcpFixture();
        var (client, endpoint) = await relay.ConnectBothAsync();
        var (one, other) = isClient ? (client, endpoint) : (endpoint, client);
        using var _ = other;
        one.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await other.ReceiveAsync(new byte[1]));

        Reset(one);

        // The other side sends nothing that could fail.
        await relay.AssertNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task A_connection_waits_for_its_turn_also_when_it_has_said_all(bool isGuard)
    {
        await using var relay = new TcpFixture(isGuard ? s_oneAtOnce : s_oneAtEndpoint);
        var (first, firstEnd) = await relay.ConnectBothAsync();
        using var waiting = await relay.ConnectAsync();
        await waiting.SendAsync("hello"u8.ToArray());
        waiting.Shutdown(SocketShutdown.Send);
        await WaitingAsync(relay, 1);

        first.Dispose();
        firstEnd.Dispose();

        using var end = await relay.AcceptAtEndpointAsync().WaitAsync(s_hang, TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        Assert.Equal(5, await end.ReceiveAsync(buffer));
        Assert.Equal(0, await end.ReceiveAsync(buffer));
    }

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task A_client_that_breaks_off_while_it_waits_gives_its_turn_back(bool isGuard)
    {
        await using var relay = new TcpFixture(isGuard ? s_oneAtOnce : s_oneAtEndpoint);
        var (first, firstEnd) = await relay.ConnectBothAsync();
        var left = await relay.ConnectAsync();
        await WaitingAsync(relay, 1);
        using var next = await relay.ConnectAsync();
        await WaitingAsync(relay, 2);

        Reset(left);

        await WaitingAsync(relay, 1);
        first.Dispose();
        firstEnd.Dispose();
        using var end = await relay.AcceptAtEndpointAsync().WaitAsync(s_hang, TestContext.Current.CancellationToken);
        await next.SendAsync(new byte[3]);
        Assert.Equal(3, await end.ReceiveAsync(new byte[100]));
    }

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task Turns_are_given_back_however_breaking_off_and_being_granted_meet(bool isGuard)
    {
        await using var relay = new TcpFixture(isGuard ? s_oneAtOnce : s_oneAtEndpoint);
        for (var round = 0; round < 100; round++)
        {
            var (first, firstEnd) = await relay.ConnectBothAsync();
            var left = await relay.ConnectAsync();
            await WaitingAsync(relay, 1);
            Parallel.Invoke(() => Reset(left), () => Reset(first));
            firstEnd.Dispose();
            await WaitingAsync(relay, 0);
            await Eventually.True(() => relay.Service.Snapshot.Endpoints[0].Endpoint.InFlight == 0 && (relay.Service.Guard?.Queue?.InUse ?? 0) == 0, "all turns are free");
            // One that was connected before it broke off is in the backlog of the endpoint.
            while (relay.HasAtEndpoint)
            {
                (await relay.AcceptAtEndpointAsync()).Dispose();
            }
        }
    }

    [Fact]
    public async Task A_queue_that_takes_too_long_ends_the_connection_and_says_so()
    {
        var policy = new ServicePolicy { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 1, QueueTimeout = TimeSpan.FromMilliseconds(20) } } };
        await using var relay = new TcpFixture(policy);
        var (first, firstEnd) = await relay.ConnectBothAsync();
        using var one = first;
        using var other = firstEnd;
        using var late = await relay.ConnectAsync();

        Assert.Equal(0, await late.ReceiveAsync(new byte[1]).WaitAsync(s_hang, TestContext.Current.CancellationToken));

        Assert.Equal(["refused: QueueTimeout"], relay.Said);
    }

    [Fact]
    public async Task A_connection_waits_until_its_service_is_named()
    {
        await using var relay = new TcpFixture { Unnamed = 5 };

        var (client, endpoint) = await relay.ConnectBothAsync();

        Assert.Equal(0, relay.Unnamed);
        Assert.Equal(1, relay.Service.Requests);
        client.Dispose();
        endpoint.Dispose();
    }

    [Fact]
    public async Task A_host_name_is_looked_up_and_all_its_addresses_are_tried()
    {
        await using var relay = new TcpFixture(null, "localhost");

        var (client, endpoint) = await relay.ConnectBothAsync();

        await client.SendAsync(new byte[3]);
        Assert.Equal(3, await endpoint.ReceiveAsync(new byte[100]));
        Assert.Empty(relay.Said);
        client.Dispose();
        endpoint.Dispose();
    }

    [Fact]
    public async Task After_a_name_that_does_not_exist_the_next_endpoint_is_tried()
    {
        await using var relay = new TcpFixture(null, "no-such-host.invalid", "127.0.0.1");

        for (var i = 0; i < 4; i++)
        {
            var (client, endpoint) = await relay.ConnectBothAsync();
            client.Dispose();
            endpoint.Dispose();
        }

        Assert.NotEmpty(relay.Said);
        Assert.All(relay.Said, static said => Assert.StartsWith("no-such-host.invalid: ", said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_nobody_to_ask_the_connection_is_closed_and_that_is_said()
    {
        // Nothing listens there at the port of the test's backend, which is bound to 127.0.0.1.
        await using var relay = new TcpFixture(null, "127.0.0.2");
        using var client = await relay.ConnectAsync();

        Assert.Equal(0, await client.ReceiveAsync(new byte[1]).WaitAsync(s_hang, TestContext.Current.CancellationToken));

        Assert.Equal(["127.0.0.2: Connection refused", "no endpoint: connect_failed"], relay.Said);
    }

    [Fact]
    public async Task A_silent_connection_is_reset_after_its_limit()
    {
        await using var relay = new TcpFixture(new ServicePolicy { Timeouts = new TimeoutOptions { Tunnel = TimeSpan.FromMilliseconds(50) } });
        var (client, endpoint) = await relay.ConnectBothAsync();
        using var one = client;
        using var other = endpoint;

        Assert.Equal(SocketError.ConnectionReset, await ErrorOfAsync(client));
        Assert.Equal(SocketError.ConnectionReset, await ErrorOfAsync(endpoint));
    }

    [Fact]
    public async Task A_thousand_connections_leave_nothing_behind()
    {
        await using var relay = new TcpFixture();
        var echoing = Task.Run(async () =>
        {
            var open = new List<Task>();
            for (var i = 0; i < 1000; i++)
            {
                open.Add(EchoAsync(await relay.AcceptAtEndpointAsync()));
            }
            await Task.WhenAll(open);
        }, TestContext.Current.CancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            using var client = await relay.ConnectAsync();
            var message = new byte[i % 7 == 0 ? 100_000 : 100];
            await client.SendAsync(message);
            if (i % 5 == 0)
            {
                // Perhaps before it is connected, perhaps in the middle of the echo.
                await client.ReceiveAsync(new byte[1]).WaitAsync(s_hang, CancellationToken.None);
                Reset(client);
                return;
            }
            for (var read = 0; read < message.Length;)
            {
                read += await client.ReceiveAsync(message).WaitAsync(s_hang, CancellationToken.None);
            }
            if (i % 2 == 0)
            {
                client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, await client.ReceiveAsync(message).WaitAsync(s_hang, CancellationToken.None));
            }
        });
        await echoing.WaitAsync(s_hang, TestContext.Current.CancellationToken);
        await relay.AssertNothingLeftAsync();
        Assert.Equal(1000, relay.Service.Snapshot.Endpoints[0].Endpoint.Total);
    }

    private static Task WaitingAsync(TcpFixture relay, int count) =>
        Eventually.True(() => (relay.Service.Guard?.Queue?.Waiting ?? relay.Service.EndpointQueue!.Waiting) == count, $"{count} wait");

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>How the other side's sending ends: with an error, or <see cref="SocketError.Success"/>.</summary>
    private static async Task<SocketError> ErrorOfAsync(Socket socket)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer).WaitAsync(s_hang, TestContext.Current.CancellationToken) > 0)
            {
            }
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
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

    private static async Task EchoAsync(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer) is var count and > 0)
            {
                await socket.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (SocketException)
        {
            // The client broke off.
        }
    }
}
