using System.Net.Sockets;
using CsCheck;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Tcp;

/// <summary>Whatever is sent either way arrives whole and unchanged, and nothing is left behind.</summary>
public sealed class TransferTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(20_000, 3_000, 400, 11u)]
    [InlineData(300_000, 40_000, 100, 12u)]
    [InlineData(6_000_000, 500_000, 25, 13u)]
    public async Task Both_ways_arrive_unchanged(int most, int piece, int count, uint seed)
    {
        await using var relay = new TcpFixture();
        var cases = Cases.Of(Gen.Select(Transfer.Of(most, piece), Transfer.Of(most, piece), Gen.Bool), seed, count);
        await Parallel.ForEachAsync(cases.Index(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var (up, down, small) = one.Item;
            try
            {
                var (client, endpoint) = await relay.ConnectBothAsync();
                using var first = client;
                using var second = endpoint;
                if (small)
                {
                    // The kernel keeps little: the relay has to wait for who reads.
                    client.ReceiveBufferSize = piece;
                    endpoint.ReceiveBufferSize = piece;
                }
                await RunAsync(client, endpoint, up, down with { IsAnswer = down.IsAnswer && !up.IsAnswer }).WaitAsync(s_hang, CancellationToken.None);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {one.Index} of seed {seed}: {e.Message}", e);
            }
        });
        await relay.AssertNothingLeftAsync();
        if (most > 1_000_000)
        {
            Assert.NotEqual(0, await relay.PipesAsync());
        }
    }

    [Fact]
    public async Task A_stream_that_changes_between_bulk_and_little_arrives_unchanged()
    {
        await using var relay = new TcpFixture();
        var (client, endpoint) = await relay.ConnectBothAsync();
        using var first = client;
        using var second = endpoint;
        var buffer = new byte[1024 * 1024];
        var random = new Random(5);
        for (var round = 0; round < 4; round++)
        {
            // After the bulk, far more small pieces than turn the relay back, each read before the next is sent.
            foreach (var size in (int[])[buffer.Length, .. Enumerable.Range(1, 40)])
            {
                var sent = new byte[size];
                random.NextBytes(sent);
                var sending = client.SendAsync(sent);
                await ReadAsync(endpoint, buffer.AsMemory(0, size));
                Assert.Equal(size, await sending);
                Assert.True(buffer.AsSpan(0, size).SequenceEqual(sent));
            }
        }
        Assert.NotEqual(0, await relay.PipesAsync());
    }

    [Fact]
    public async Task A_bulk_transfer_starves_nobody()
    {
        await using var relay = new TcpFixture();
        using var stop = new CancellationTokenSource();
        // More than there are loops, so that the small one has company.
        var bulk = new List<Task>();
        for (var i = 0; i < 4; i++)
        {
            var (from, to) = await relay.ConnectBothAsync();
            bulk.Add(PourAsync(from, stop.Token));
            bulk.Add(DiscardAsync(to));
        }
        var (client, endpoint) = await relay.ConnectBothAsync();
        using var first = client;
        using var second = endpoint;
        for (var i = 0; i < 200; i++)
        {
            await client.SendAsync(new byte[1]);
            await ReadAsync(endpoint, new byte[1]);
        }
        await stop.CancelAsync();
        await Task.WhenAll(bulk).WaitAsync(s_hang, CancellationToken.None);
    }

    internal static async Task RunAsync(Socket client, Socket endpoint, Transfer up, Transfer down)
    {
        var upIsThere = new TaskCompletionSource();
        var downIsThere = new TaskCompletionSource();
        await Task.WhenAll(
            MoveAsync(client, endpoint, up, downIsThere.Task, upIsThere),
            MoveAsync(endpoint, client, down, upIsThere.Task, downIsThere));
    }

    private static async Task MoveAsync(Socket from, Socket to, Transfer transfer, Task other, TaskCompletionSource arrived)
    {
        try
        {
            if (transfer.IsAnswer)
            {
                await other;
            }
            var sending = Task.Run(() => transfer.SendAsync(from));
            await transfer.ReceiveAsync(to, sending);
            await sending;
            arrived.SetResult();
        }
        catch (Exception e)
        {
            arrived.SetException(e);
            throw;
        }
    }

    private static async Task ReadAsync(Socket socket, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = await socket.ReceiveAsync(buffer).AsTask().WaitAsync(s_hang);
            Assert.NotEqual(0, count);
            buffer = buffer[count..];
        }
    }

    private static async Task PourAsync(Socket socket, CancellationToken stop)
    {
        using var _ = socket;
        var block = new byte[256 * 1024];
        while (!stop.IsCancellationRequested)
        {
            await socket.SendAsync(block, CancellationToken.None);
        }
    }

    private static async Task DiscardAsync(Socket socket)
    {
        using var _ = socket;
        var block = new byte[256 * 1024];
        while (await socket.ReceiveAsync(block) > 0)
        {
        }
    }
}
