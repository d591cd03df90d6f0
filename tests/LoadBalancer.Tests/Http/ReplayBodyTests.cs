using System.Buffers;
using System.IO.Pipelines;
using CsCheck;
using LoadBalancer.Http;

namespace LoadBalancer.Tests.Http;

public class ReplayBodyTests
{
    private const int Limit = 1000;

    [Fact]
    public void WhateverTheSizesEveryAttemptReadsTheSame() => Gen.Select(Gen.Byte.Array[0, Limit], Gen.Int[1, 1500].Array[1, 20], Gen.Int[1, 1500].Array[1, 20]).Sample((body, parts, reads) =>
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using var replay = new ReplayBody(pipe.Reader, Limit);
        // The first attempt reads a part, before all has come.
        pipe.Writer.Write(body.AsSpan(0, body.Length / 2));
        pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult();
        var first = body.Length < 2 ? [] : Read(replay, reads[0]);
        Assert.Equal(body[..first.Length], first);
        pipe.Writer.Write(body.AsSpan(body.Length / 2));
        pipe.Writer.Complete();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.True(replay.TryHold());
            replay.Rewind();
            var all = new List<byte>();
            for (var i = 0; Read(replay, reads[i % reads.Length]) is { Length: > 0 } read; i++)
            {
                all.AddRange(read);
            }
            Assert.Equal(body, all);
        }
    }, iter: 200);

    [Fact]
    public async Task ABodyBeyondTheLimitIsReadOnce()
    {
        var pipe = new Pipe();
        using var replay = new ReplayBody(pipe.Reader, 10);
        await WriteAsync(pipe, 10);
        await replay.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken);
        Assert.True(replay.TryHold());
        replay.Release();

        await WriteAsync(pipe, 5);
        await replay.ReadExactlyAsync(new byte[5], TestContext.Current.CancellationToken);

        Assert.False(replay.TryHold());
        Assert.Throws<InvalidOperationException>(replay.Rewind);
    }

    [Fact]
    public async Task WhatIsHeldStaysWhateverAnAttemptStillReads()
    {
        var pipe = new Pipe();
        using var replay = new ReplayBody(pipe.Reader, 10);
        await WriteAsync(pipe, 10);
        await replay.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken);
        Assert.True(replay.TryHold());

        await WriteAsync(pipe, 5);
        await replay.ReadExactlyAsync(new byte[5], TestContext.Current.CancellationToken);

        replay.Rewind();
        await replay.ReadExactlyAsync(new byte[15], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AReadThatIsCalledOffLosesNothing()
    {
        var pipe = new Pipe();
        using var replay = new ReplayBody(pipe.Reader, 10);
        using var stop = new CancellationTokenSource();
        var reading = replay.ReadAsync(new byte[4], stop.Token);
        Assert.False(reading.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        // Called off once more, when nobody reads.
        pipe.Reader.CancelPendingRead();

        var again = replay.ReadAsync(new byte[4], TestContext.Current.CancellationToken);
        await WriteAsync(pipe, 3);

        Assert.Equal(3, await again);
    }

    [Fact]
    public async Task AReadOfNothingWaitsForSomethingToRead()
    {
        var pipe = new Pipe();
        using var replay = new ReplayBody(pipe.Reader, 10);
        var waiting = replay.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);

        await WriteAsync(pipe, 3);

        Assert.Equal(0, await waiting);
        Assert.Equal(3, await replay.ReadAsync(new byte[4], TestContext.Current.CancellationToken));
        await pipe.Writer.CompleteAsync();
        Assert.Equal(0, await replay.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
        Assert.Equal(0, await replay.ReadAsync(new byte[4], TestContext.Current.CancellationToken));
    }

    private static byte[] Read(ReplayBody body, int size)
    {
        var buffer = new byte[size];
        return buffer[..body.ReadAsync(buffer).AsTask().GetAwaiter().GetResult()];
    }

    private static async Task WriteAsync(Pipe pipe, int count) => await pipe.Writer.WriteAsync(new byte[count]);
}
