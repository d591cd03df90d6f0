using LoadBalancer.Configuration.Options;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.Listeners;
using LoadBalancer.Tcp;
using LoadBalancer.Tcp.Tls;
using LoadBalancer.Tests.Support;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Tcp.Tls;

public sealed class ClientHellosTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ClientHellos _hellos;

    public ClientHellosTests() => _hellos = new ClientHellos(_time, new TcpLog(NullLogger<TcpLog>.Instance));

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(30_000)]
    public async Task AllThatWasReadIsKept(int pieces)
    {
        using var pair = await ConnectedPair.OpenAsync();
        byte[] bytes = [.. Hello(20_000), .. "early data"u8];
        var reading = ReceiveAsync(pair);
        for (var at = 0; at < bytes.Length && !reading.IsCompleted; at += pieces)
        {
            await pair.SendAsync(bytes.AsMemory(at, Math.Min(pieces, bytes.Length - at)));
        }

        var hello = await reading;

        Assert.Equal("a", hello?.ServerName);
        Assert.True(bytes.AsSpan().StartsWith(hello!.Received.Span));
        Assert.True(hello.Received.Length >= bytes.Length - 10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10_000)]
    public async Task AHelloThatDoesNotComeIsNotWaitedForLongerThanTheLimit(int length)
    {
        using var pair = await ConnectedPair.OpenAsync();
        await pair.SendAsync(Hello(20_000).AsMemory(0, length));
        var reading = ReceiveAsync(pair);
        await Eventually.True(() => pair.Server.Available == 0, "it has been read");
        _time.Advance(PrefaceLimit.Default - TimeSpan.FromMilliseconds(1));
        Assert.False(reading.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await reading);
    }

    [Fact]
    public async Task AHelloWithoutEndIsNotKept()
    {
        using var pair = await ConnectedPair.OpenAsync();
        var reading = ReceiveAsync(pair);
        // Records of one byte each, of a message that says that it has 60,000.
        byte[] record = [22, 3, 1, 0, 1, 0];
        byte[] bytes = [22, 3, 1, 0, 4, 1, 0, 0xEA, 0x60, .. Enumerable.Repeat(record, ClientHelloReader.LongestHello / record.Length).SelectMany(static one => one)];
        var sending = pair.SendAsync(bytes);

        Assert.Null(await reading);
        await sending;
    }

    private async Task<ReceivedHello?> ReceiveAsync(ConnectedPair pair) =>
        await _hellos.ReceiveAsync(pair.Server, new ListenerSettings("tls", "", BindAddress.Parse(":443"), "tls", new HandlerLog()), ConnectionOrigin.Of(pair.Server), TestContext.Current.CancellationToken);

    /// <summary>A hello for "a" that takes more than one record.</summary>
    private static byte[] Hello(int padding)
    {
        byte[] extensions = [0, 0, 0, 6, 0, 4, 0, 0, 1, (byte)'a', 0, 21, (byte)(padding >> 8), (byte)padding, .. new byte[padding]];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 0x01, 1, 0, (byte)(extensions.Length >> 8), (byte)extensions.Length, .. extensions];
        byte[] message = [1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [.. message.Chunk(16_000).SelectMany(static part => (byte[])[22, 3, 1, (byte)(part.Length >> 8), (byte)part.Length, .. part])];
    }
}
