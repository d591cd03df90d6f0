using System.Net.Sockets;
using System.Security.Cryptography;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Tcp;

public sealed class RelayTests(RelayTests.Fixture fixture) : IClassFixture<RelayTests.Fixture>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Bytes_pass_both_ways_unchanged_whatever_their_sizes(int seed)
    {
        await using var endpoint = await fixture.EndpointAsync(EchoAsync);
        using var client = await Wire.ConnectAsync(fixture.Port);
        var random = new Random(seed);
        var sent = new byte[(1 << random.Next(10, 23)) + random.Next(-2, 3)];
        random.NextBytes(sent);

        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length;)
            {
                var size = Math.Min(sent.Length - at, 1 + random.Next(1 << random.Next(1, 19)));
                await client.SendAsync(sent.AsMemory(at, size));
                at += size;
            }
            client.EndSending();
        }, TestContext.Current.CancellationToken);
        var received = await client.ReadToEndAsync();
        await sending;

        Assert.Equal((sent.Length, Convert.ToHexString(SHA256.HashData(sent))), (received.Length, Convert.ToHexString(SHA256.HashData(received))));
        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task The_endpoint_may_speak_first()
    {
        await using var endpoint = await fixture.EndpointAsync(static async wire =>
        {
            await wire.SendAsync("220 ready\r\n");
            await wire.WaitForCloseAsync();
        });
        using var client = await Wire.ConnectAsync(fixture.Port);

        Assert.Equal("220 ready", await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_client_that_has_said_all_still_hears_the_answer()
    {
        await using var endpoint = await fixture.EndpointAsync(static async wire =>
        {
            var all = await wire.ReadToEndAsync();
            await wire.SendAsync($"{all.Length} bytes");
        });
        using var client = await Wire.ConnectAsync(fixture.Port);

        await client.SendAsync("12345");
        client.EndSending();

        Assert.Equal("7 bytes"[1..], System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync())[1..]);
    }

    [Fact]
    public async Task An_endpoint_that_has_said_all_still_hears_the_client()
    {
        var heard = new TaskCompletionSource<int>();
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            await wire.SendAsync("bye");
            wire.EndSending();
            heard.SetResult((await wire.ReadToEndAsync()).Length);
        });
        using var client = await Wire.ConnectAsync(fixture.Port);

        Assert.Equal(3, (await client.ReadToEndAsync()).Length);
        await client.SendAsync("still here");
        client.EndSending();

        Assert.Equal(10, await heard.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task A_reset_by_the_endpoint_is_a_reset_for_the_client()
    {
        await using var endpoint = await fixture.EndpointAsync(static async wire =>
        {
            await wire.ReadAsync(1);
            wire.Reset();
        });
        using var client = await Wire.ConnectAsync(fixture.Port);
        await client.SendAsync("x");

        var error = await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);

        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task A_reset_by_the_client_is_a_reset_for_the_endpoint()
    {
        var error = new TaskCompletionSource<SocketError>();
        await using var endpoint = await fixture.EndpointAsync(async wire =>
        {
            try
            {
                await wire.ReadToEndAsync();
                error.SetResult(SocketError.Success);
            }
            catch (SocketException e)
            {
                error.SetResult(e.SocketErrorCode);
            }
        });
        using var client = await Wire.ConnectAsync(fixture.Port);
        await client.SendAsync("x");
        await Eventually.True(() => endpoint.Connections.Any(static wire => wire.Received.Length == 1), "the connection is there");

        client.Reset();

        Assert.Equal(SocketError.ConnectionReset, await error.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task A_refused_connection_goes_to_the_next_endpoint()
    {
        await using var alive = new RawEndpoint("alive", EchoAsync);
        var dead = LbConfig.Loopback(Ports.Free());
        using var hole = BlackHole.Open();
        await fixture.UseTcpAsync(dead, hole.Address, alive.Address);

        for (var i = 0; i < 6; i++)
        {
            using var client = await Wire.ConnectAsync(fixture.Port);
            await client.SendAsync("x");
            Assert.Single(await client.ReadAsync(1));
        }
        Assert.Equal("ejected", (await fixture.Lb.EndpointAsync("tcp", dead)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task With_no_endpoint_alive_the_connection_is_closed()
    {
        await fixture.UseTcpAsync(LbConfig.Loopback(Ports.Free()));
        using var client = await Wire.ConnectAsync(fixture.Port);

        await client.WaitForCloseAsync();

        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task A_silent_connection_is_ended_and_one_that_moves_is_not()
    {
        await using var endpoint = new RawEndpoint("echo", EchoAsync);
        await fixture.Lb.UseAsync("idle", endpoint.Address);
        using var silent = await Wire.ConnectAsync(fixture.IdlePort);
        await silent.SendAsync("x");
        await silent.ReadAsync(1);
        using var moving = await Wire.ConnectAsync(fixture.IdlePort);
        var closed = silent.WaitForCloseAsync();

        while (!closed.IsCompleted)
        {
            await moving.SendAsync("x");
            await moving.ReadAsync(1);
        }

        await moving.SendAsync("x");
        await moving.ReadAsync(1);
    }

    [Fact]
    public async Task A_connection_ends_with_its_lifetime_though_it_moves()
    {
        await using var endpoint = new RawEndpoint("talker", static async wire =>
        {
            for (var ended = wire.WaitForCloseAsync(); !ended.IsCompleted;)
            {
                await wire.SendAsync("x");
                await Task.WhenAny(ended, Task.Delay(50));
            }
        });
        await fixture.Lb.UseAsync("aging", endpoint.Address);
        using var client = await Wire.ConnectAsync(fixture.AgingPort);

        await client.WaitForCloseAsync();

        await fixture.Lb.WaitForIdleAsync("aging");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slow_reader_slows_the_sender(bool clientIsSlow)
    {
        var sent = 0L;
        async Task FillAsync(Socket socket)
        {
            var block = new byte[64 * 1024];
            while (true)
            {
                await socket.SendAsync(block, SocketFlags.None);
                Interlocked.Add(ref sent, block.Length);
            }
        }
        await using var endpoint = await fixture.EndpointAsync(wire => clientIsSlow ? FillAsync(wire.Socket) : Task.Delay(Timeout.Infinite));
        using var client = await Wire.ConnectAsync(fixture.Port, receiveBuffer: 4096);
        var filling = clientIsSlow ? Task.CompletedTask : FillAsync(client.Socket);

        long before;
        do
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
        while (before == 0 || Interlocked.Read(ref sent) != before);

        Assert.InRange(before, 1, 64 * 1024 * 1024);
        client.Reset();
        // A client that leaves while the endpoint takes nothing is noticed when the endpoint moves, or by the idle timeout.
        await endpoint.DisposeAsync();
        await filling.ContinueWith(static _ => { }, TaskScheduler.Default);
        await fixture.Lb.WaitForIdleAsync("tcp");
    }

    [Fact]
    public async Task Many_connections_leave_nothing_behind()
    {
        await using var endpoint = await fixture.EndpointAsync(EchoAsync);
        async Task OneAsync(int i)
        {
            using var client = await Wire.ConnectAsync(fixture.Port);
            await client.SendAsync("x");
            await client.ReadAsync(1);
            if (i % 3 == 0)
            {
                client.Reset();
            }
            else if (i % 3 == 1)
            {
                client.EndSending();
                await client.ReadToEndAsync();
            }
        }
        await OneAsync(0);
        await fixture.Lb.WaitForIdleAsync("tcp");
        var before = fixture.Lb.Descriptors;

        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(OneAsync));
        }

        await fixture.Lb.WaitForIdleAsync("tcp");
        await Eventually.True(() => fixture.Lb.Descriptors <= before + 5, $"no more than the {before} descriptors of before");
    }

    [Fact]
    public async Task At_its_limit_a_listener_lets_connections_wait()
    {
        await using var endpoint = new RawEndpoint("echo", EchoAsync);
        await fixture.Lb.UseAsync("limited", endpoint.Address);
        using var first = await Wire.ConnectAsync(fixture.LimitedPort);
        using var second = await Wire.ConnectAsync(fixture.LimitedPort);
        foreach (var wire in (Wire[])[first, second])
        {
            await wire.SendAsync("x");
            await wire.ReadAsync(1);
        }
        using var third = await Wire.ConnectAsync(fixture.LimitedPort);
        await third.SendAsync("x");
        await fixture.Lb.WaitForInFlightAsync("limited", 2);
        Assert.Equal(2, endpoint.Accepted);

        first.Dispose();

        await third.ReadAsync(1);
        // The limit moves with the configuration, also while connections wait.
        using var fourth = await Wire.ConnectAsync(fixture.LimitedPort);
        await fourth.SendAsync("x");
        fixture.Lb.Config.Listeners["limited"]!["maxConnections"] = 3;
        await fixture.Lb.ApplyAsync();
        await fourth.ReadAsync(1);
    }

    private static async Task EchoAsync(Wire wire)
    {
        var buffer = new byte[64 * 1024];
        while (await wire.Socket.ReceiveAsync(buffer, SocketFlags.None) is var count and > 0)
        {
            await wire.SendAsync(buffer.AsMemory(0, count));
        }
    }

    public sealed class Fixture : LbFixture
    {
        public int Port { get; } = Ports.Free();

        public int IdlePort { get; } = Ports.Free();

        public int AgingPort { get; } = Ports.Free();

        public int LimitedPort { get; } = Ports.Free();

        public new async Task<RawEndpoint> EndpointAsync(Func<Wire, Task> script)
        {
            var endpoint = new RawEndpoint("tcp", script);
            await UseTcpAsync(endpoint.Address);
            return endpoint;
        }

        public Task UseTcpAsync(params string[] addresses) => Lb.UseAsync("tcp", addresses);

        protected override void Configure(LbConfig config)
        {
            config.Tcp("tcp", Port, "tcp", LbConfig.Loopback(Ports.Free())).Policy("tcp", """{ "timeouts": { "connect": "300ms" } }""");
            config.Tcp("idle", IdlePort, "idle", LbConfig.Loopback(Ports.Free()));
            config.Policy("idle", """{ "timeouts": { "tunnel": "1s" } }""");
            config.Tcp("aging", AgingPort, "aging", LbConfig.Loopback(Ports.Free()));
            config.Policy("aging", """{ "timeouts": { "lifetime": "1s" } }""");
            config.Tcp("limited", LimitedPort, "limited", LbConfig.Loopback(Ports.Free()));
            config.Listeners["limited"]!["maxConnections"] = 2;
        }
    }
}
