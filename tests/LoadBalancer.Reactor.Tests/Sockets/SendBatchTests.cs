using System.Net;
using System.Net.Sockets;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Sockets;

/// <summary>What is sent with the batch arrives as if it had been sent by itself.</summary>
public sealed class SendBatchTests : IDisposable
{
    private readonly EventLoop _loop = new(0, batchesSends: true, TimeProvider.System, static e => Assert.Fail(e.ToString()));

    public SendBatchTests() => _loop.Start();

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Says_whether_the_kernel_offers_it()
    {
        var isAvailable = await OnLoopAsync(() => _loop.Sends.IsAvailable);
        Assert.SkipUnless(isAvailable, "the kernel has no io_uring for this process: every send goes by itself");
        var places = await OnLoopAsync(() => _loop.Sends.Count);
        Assert.Equal(0, places);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Every_byte_arrives_in_order_at_readers_of_any_speed(int connections)
    {
        var random = new Random(connections);
        var bytes = GC.AllocateUninitializedArray<byte>(3_000_000, pinned: true);
        random.NextBytes(bytes);
        var pairs = await Task.WhenAll(Enumerable.Range(0, connections).Select(static _ => PairAsync()));
        var lengths = pairs.Select(_ => random.Next(1, connections == 100 ? 100_000 : bytes.Length)).ToArray();
        var senders = await OnLoopAsync(() => pairs.Select((pair, i) => new SendingSocket(_loop, pair.Sender, bytes.AsMemory(0, lengths[i]), Pieces(new Random(i), lengths[i]))).ToArray());

        var received = await Task.WhenAll(pairs.Select((pair, i) => ReadAsync(pair.Receiver, new Random(~i))));

        for (var i = 0; i < connections; i++)
        {
            Assert.Equal((lengths[i], false), await senders[i].Done.Task);
            Assert.True(bytes.AsSpan(0, lengths[i]).SequenceEqual(received[i]));
        }
        Assert.Equal((0, 0), await OnLoopAsync(() => (_loop.Sends.Count, _loop.Watched)));
    }

    [Fact]
    public async Task Who_cannot_be_sent_to_is_broken_and_the_others_go_on()
    {
        var bytes = GC.AllocateArray<byte>(400_000, pinned: true);
        var pairs = await Task.WhenAll(Enumerable.Range(0, 20).Select(static _ => PairAsync()));
        var senders = await OnLoopAsync(() => pairs.Select((pair, i) => new SendingSocket(_loop, pair.Sender, bytes, Pieces(new Random(i), bytes.Length))).ToArray());
        for (var i = 0; i < pairs.Length; i += 2)
        {
            pairs[i].Receiver.Close(0);
        }

        for (var i = 0; i < pairs.Length; i++)
        {
            if (i % 2 == 1)
            {
                Assert.Equal(bytes.Length, (await ReadAsync(pairs[i].Receiver, new Random(i))).Length);
            }
            Assert.Equal(i % 2 == 0, (await senders[i].Done.Task).IsBroken);
        }
    }

    [Fact]
    public async Task What_the_kernel_does_not_take_together_goes_out_by_itself()
    {
        // Its ring refuses every thread but the one that made it.
        using var batch = await Task.Factory.StartNew(static () => new SendBatch(isOn: true), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.SkipUnless(batch.IsAvailable, "the kernel has no io_uring for this process: every send goes by itself");
        var bytes = GC.AllocateArray<byte>(1_000, pinned: true);
        using var loop = new EventLoop(0, batchesSends: false, TimeProvider.System, static e => Assert.Fail(e.ToString()));
        var pairs = await Task.WhenAll(PairAsync(), PairAsync());
        var sockets = pairs.Select(pair => new BareSocket(loop, (int)pair.Sender.Handle)).ToArray();
        Assert.All(sockets, socket => Assert.True(batch.TryAdd(socket, bytes, out _)));

        var sent = new StreamSocket[2];
        Assert.Equal(2, batch.Submit(sent));

        Assert.Equal(sockets, sent);
        foreach (var (socket, pair) in sockets.Zip(pairs))
        {
            Assert.Equal(bytes.Length, socket.Send(bytes));
            pair.Sender.Dispose();
            Assert.Equal(bytes.Length, (await ReadAsync(pair.Receiver, new Random(1))).Length);
        }
    }

    private static IEnumerable<int> Pieces(Random random, int length)
    {
        while (length > 0)
        {
            var piece = Math.Min(length, random.Next(4) == 0 ? random.Next(1, 40_000) : random.Next(1, 2_000));
            length -= piece;
            yield return piece;
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, Random random)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)));
            if (count == 0)
            {
                socket.Dispose();
                return all.ToArray();
            }
            all.Write(buffer, 0, count);
        }
    }

    /// <summary>Two ends of a connection, with small buffers in the kernel so that they are soon full.</summary>
    private static async Task<(Socket Sender, Socket Receiver)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = 8192 };
        await sender.ConnectAsync(listener.LocalEndPoint!);
        return (sender, await listener.AcceptAsync());
    }

    private Task<T> OnLoopAsync<T>(Func<T> function)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(new LoopAction(() =>
        {
            try
            {
                result.SetResult(function());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }));
        return result.Task;
    }
}
