using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Core.Tests.Prefaces.Tls;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Tcp;

/// <summary>What comes first on TCP connections, over real sockets.</summary>
public sealed class PrefaceTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    /// <summary>Half of the hello of a TLS client.</summary>
    private static readonly byte[] s_half = Hello.Of("api.example.com")[..50];

    /// <summary>Who the client is by the header; null for nobody.</summary>
    private static readonly Gen<IPEndPoint?> s_source = Gen.Select(
        Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]),
        Gen.UShort,
        Gen.Int[0, 4],
        static (address, port, kind) => kind == 0 ? null : new IPEndPoint(Unmapped(new IPAddress(address)), port));

    private static readonly Gen<Case> s_case = Gen.Select(
        Gen.OneOf(ProxyProtocolVersion.V1, ProxyProtocolVersion.V2),
        s_source,
        Hello.Good,
        Gen.OneOf(Gen.Byte.Array[0, 300], Gen.Byte.Array[15_000, 40_000]),
        Gen.OneOf(Gen.Const(1).Array[1], Gen.Int[1, 100].Array[1, 10], Gen.Int[1_000, 50_000].Array[1]),
        static (version, source, hello, rest, pieces) => new Case(version, source, hello.Name ?? "", hello.Bytes, rest, rest.Length > 1_000 && pieces.Max() < 100 ? [700] : pieces));

    private sealed record Case(ProxyProtocolVersion Version, IPEndPoint? Source, string Name, byte[] Hello, byte[] Rest, int[] Pieces);

    public static TheoryData<bool, bool, ProxyProtocolVersion> Listeners
    {
        get
        {
            var all = new TheoryData<bool, bool, ProxyProtocolVersion>();
            foreach (var sent in Enum.GetValues<ProxyProtocolVersion>())
            {
                all.Add(true, false, sent);
                all.Add(false, true, sent);
                all.Add(true, true, sent);
            }
            all.Add(false, false, ProxyProtocolVersion.V1);
            all.Add(false, false, ProxyProtocolVersion.V2);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Listeners))]
    public async Task The_endpoint_gets_what_follows_in_all_pieces(bool hasHeader, bool hasHello, ProxyProtocolVersion sent)
    {
        await using var relay = new TcpFixture(new ServicePolicy { SendProxyProtocol = sent }) { RequiresProxyHeader = hasHeader, ReadsServerName = hasHello };
        var cases = Cases.Of(s_case, seed: 3, count: 60);
        foreach (var (number, one) in cases.Index())
        {
            using var client = await relay.ConnectAsync();
            var destination = IPEndPoint.Parse("203.0.113.1:80");
            var own = new IPEndPoint(IPAddress.Loopback, relay.Address.Port);
            byte[] stream = [.. hasHello ? one.Hello : [], .. one.Rest];
            var sending = SendAsync(client, [.. hasHeader ? Header(one.Version, one.Source, destination) : [], .. stream], one.Pieces);
            var (source, target) = hasHeader && one.Source is not null ? (one.Source, destination) : ((IPEndPoint)client.LocalEndPoint!, own);

            using var endpoint = await relay.AcceptAtEndpointAsync().WaitAsync(s_hang, TestContext.Current.CancellationToken);
            var got = await ReadToEndAsync(endpoint);

            await sending;
            byte[] expected = [.. sent == ProxyProtocolVersion.Off ? [] : Header(sent, source, target), .. stream];
            Assert.True(expected.AsSpan().SequenceEqual(got), $"case {number}: {got.Length} bytes instead of {expected.Length}");
            Assert.Equal((source.Address, hasHello ? one.Name : ""), relay.Asked.Last());
            // The other direction is open.
            await endpoint.SendAsync("bye"u8.ToArray());
            endpoint.Shutdown(SocketShutdown.Send);
            Assert.Equal("bye"u8.ToArray(), await ReadToEndAsync(client));
        }
        Assert.Empty(relay.Said);
        await relay.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public async Task A_header_is_for_each_endpoint_that_takes_the_connection_also_when_the_client_is_silent(ProxyProtocolVersion sent)
    {
        // Nothing listens at the first.
        await using var relay = new TcpFixture(new ServicePolicy { SendProxyProtocol = sent }, "127.0.0.2", "127.0.0.1");
        for (var i = 0; i < 6; i++)
        {
            var (client, endpoint) = await relay.ConnectBothAsync();
            using var _ = client;
            using var __ = endpoint;
            var expected = Header(sent, (IPEndPoint)client.LocalEndPoint!, relay.Address);
            var got = new byte[expected.Length + 1];
            Assert.Equal(expected, got[..await endpoint.ReceiveAsync(got).WaitAsync(s_hang, TestContext.Current.CancellationToken)]);
            await client.SendAsync(new byte[1]);
            Assert.Equal(1, await endpoint.ReceiveAsync(got).WaitAsync(s_hang, TestContext.Current.CancellationToken));
        }
        Assert.Contains("127.0.0.2: Connection refused", relay.Said);
    }

    [Fact]
    public async Task Only_endpoints_with_the_tag_get_the_connection()
    {
        // Nothing listens at the other, and nobody tries.
        await using var relay = new TcpFixture(null, "127.0.0.2", "127.0.0.1") { Tag = "127.0.0.1" };
        for (var i = 0; i < 4; i++)
        {
            var (client, endpoint) = await relay.ConnectBothAsync();
            client.Dispose();
            endpoint.Dispose();
        }
        Assert.Empty(relay.Said);
    }

    [Fact]
    public async Task A_connection_with_a_wrong_header_ends_without_an_answer()
    {
        await using var relay = new TcpFixture { RequiresProxyHeader = true };
        string[] wrong = ["GET / HTTP/1.1\r\nHost: api\r\n\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 2 \r\n", "PROXY UNKNOWN\n", "\x16\x03\x01", "\r\n\r\n\0\r\nQUIT\n\x31"];
        foreach (var bytes in wrong)
        {
            await AssertEndsAsync(relay, Encoding.Latin1.GetBytes(bytes), endsSending: false);
        }
        Assert.Equal(wrong.Length, relay.Said.Count);
        Assert.All(relay.Said, static said => Assert.StartsWith("header of 127.0.0.1: its PROXY header is malformed: ", said, StringComparison.Ordinal));
        // Who leaves within a header has said nothing wrong.
        foreach (var bytes in (string[])["", "P", "PROXY TCP4 1.1.1.1", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"])
        {
            await AssertEndsAsync(relay, Encoding.Latin1.GetBytes(bytes), endsSending: true);
        }
        Assert.Equal(wrong.Length, relay.Said.Count);
        Assert.False(relay.HasAtEndpoint);
        await relay.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_header_of_a_stranger_is_not_read()
    {
        await using var relay = new TcpFixture { RequiresProxyHeader = true, TrustsProxies = false };

        await AssertEndsAsync(relay, [], endsSending: false);

        Assert.Equal(["header of 127.0.0.1: it is none of trustedProxies, whose connections alone are taken"], relay.Said);
    }

    [Fact]
    public async Task What_is_no_TLS_is_closed()
    {
        await using var relay = new TcpFixture { RequiresProxyHeader = true, ReadsServerName = true };
        var header = "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n"u8.ToArray();
        byte[][] wrong = ["GET / HTTP/1.1\r\n"u8.ToArray(), [0x80, 0x2e, 1, 3, 1], [22, 3, 1, 0, 4, 1, 0, 0, 0], header];
        foreach (var bytes in wrong)
        {
            await AssertEndsAsync(relay, [.. header, .. bytes], endsSending: false);
        }
        Assert.Equal(wrong.Length, relay.Said.Count);
        Assert.All(relay.Said, static said => Assert.StartsWith("hello of 192.0.2.7: ", said, StringComparison.Ordinal));
        foreach (var length in (int[])[0, 1, 5, 50])
        {
            await AssertEndsAsync(relay, [.. header, .. s_half[..length]], endsSending: true);
        }
        Assert.Equal(wrong.Length, relay.Said.Count);
        Assert.False(relay.HasAtEndpoint);
        await relay.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public async Task A_header_that_does_not_come_is_not_waited_for(int length)
    {
        await using var relay = new TcpFixture { RequiresProxyHeader = true, PrefaceTimeout = TimeSpan.FromMilliseconds(20) };

        await AssertEndsAsync(relay, "PROXY "u8[..length].ToArray(), endsSending: false);

        Assert.Equal(["header of 127.0.0.1: it sent no PROXY header within 10 s"], relay.Said);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task A_hello_that_does_not_come_is_not_waited_for(int length)
    {
        await using var relay = new TcpFixture { ReadsServerName = true, PrefaceTimeout = TimeSpan.FromMilliseconds(20) };

        await AssertEndsAsync(relay, s_half[..length], endsSending: false);

        Assert.Equal(["hello of 127.0.0.1: no ClientHello came in time"], relay.Said);
    }

    [Theory]
    [InlineData("nowhere.example.com", 112, 0)]
    [InlineData("nowhere.example.com", 112, 100_000)]
    [InlineData("", 109, 0)]
    public async Task A_client_whose_name_leads_nowhere_is_told_so(string name, byte alert, int more)
    {
        await using var relay = new TcpFixture { ReadsServerName = true, Nowhere = name };
        using var client = await relay.ConnectAsync();
        await client.SendAsync((byte[])[.. Hello.Of(name.Length == 0 ? null : name), .. new byte[more]]);

        Assert.Equal<byte>([21, 3, 3, 0, 2, 2, alert], await ReadToEndAsync(client));

        Assert.Equal([$"no route of 127.0.0.1 for {name}"], relay.Said);
        client.Shutdown(SocketShutdown.Send);
        await relay.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Who_does_not_stop_after_the_alert_is_not_listened_to_for_ever()
    {
        await using var relay = new TcpFixture { ReadsServerName = true };
        using var client = await relay.ConnectAsync();
        await client.SendAsync(Hello.Of(relay.Nowhere));

        await Assert.ThrowsAsync<SocketException>(() => Task.Run(async () =>
        {
            while (true)
            {
                await client.SendAsync(new byte[64 * 1024]);
            }
        }, TestContext.Current.CancellationToken).WaitAsync(s_hang, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_breaks_off_before_it_is_relayed_leaves_nothing_behind(bool isComplete)
    {
        var oneAtOnce = new ServicePolicy { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } } };
        await using var relay = new TcpFixture(oneAtOnce) { ReadsServerName = true };
        using var first = await relay.ConnectAsync();
        await first.SendAsync(Hello.Of("a"));
        using var endpoint = await relay.AcceptAtEndpointAsync().WaitAsync(s_hang, TestContext.Current.CancellationToken);
        var client = await relay.ConnectAsync();
        await client.SendAsync(isComplete ? Hello.Of("b") : s_half);
        await Eventually.True(async () => await relay.BuffersAsync() == 1, "what has been read is kept");
        if (isComplete)
        {
            await Eventually.True(() => relay.Service.Guard!.Queue!.Waiting == 1, "it waits");
        }

        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        await Eventually.True(async () => await relay.BuffersAsync() == 0, "it is given back");
        Assert.Equal(0, relay.Service.Guard!.Queue!.Waiting);
        Assert.Empty(relay.Said);
    }

    [Fact]
    public async Task A_client_that_breaks_off_with_its_hello_does_not_wait()
    {
        var oneAtOnce = new ServicePolicy { Guard = new GuardOptions { Queue = new QueueOptions { MaxRequests = 1, Queue = 10, QueueTimeout = TimeSpan.FromMinutes(1) } } };
        await using var relay = new TcpFixture(oneAtOnce) { ReadsServerName = true };
        using var first = await relay.ConnectAsync();
        await first.SendAsync(Hello.Of("a"));
        using var endpoint = await relay.AcceptAtEndpointAsync().WaitAsync(s_hang, TestContext.Current.CancellationToken);
        var client = await relay.ConnectAsync();
        var hello = Hello.Of("b");
        await client.SendAsync(hello[..40]);
        await Eventually.True(async () => await relay.BuffersAsync() == 1, "what has been read is kept");

        await relay.WhileHeldAsync(() =>
        {
            _ = client.Send(hello.AsSpan(40));
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
        });

        await Eventually.True(async () => await relay.BuffersAsync() == 0, "it is given back");
        Assert.Equal(0, relay.Service.Guard!.Queue!.Waiting);
    }

    [Fact]
    public async Task Whatever_comes_is_served_or_closed()
    {
        await using var relay = new TcpFixture { RequiresProxyHeader = true, ReadsServerName = true };
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(relay, stop.Token);
        var mutation = Gen.Select(s_case, Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[1, 4], Gen.Bool);
        await Parallel.ForEachAsync(Cases.Of(mutation, seed: 5, count: 400), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (one, _) =>
        {
            var (valid, changes, isInHello) = one;
            var header = Header(valid.Version, valid.Source, IPEndPoint.Parse("203.0.113.1:80"));
            byte[] bytes = [.. header, .. valid.Hello];
            foreach (var (at, value) in changes)
            {
                bytes[isInHello ? header.Length + (at % valid.Hello.Length) : at % bytes.Length] = value;
            }
            using var client = await relay.ConnectAsync();
            try
            {
                await SendAsync(client, bytes, valid.Pieces);
                await ReadToEndAsync(client);
            }
            catch (SocketException)
            {
                // Closed in the middle of it.
            }
        });
        await relay.AssertNothingLeftAsync();
        Assert.Contains(relay.Said, static said => said.StartsWith("header", StringComparison.Ordinal));
        Assert.Contains(relay.Said, static said => said.StartsWith("hello", StringComparison.Ordinal));
        Assert.NotEqual(0, relay.Service.Requests);
        await stop.CancelAsync();
        await serving;
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static byte[] Header(ProxyProtocolVersion version, IPEndPoint? source, IPEndPoint destination)
    {
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        return bytes[..ProxyHeaderWriter.Write(bytes, version, ProxyHeader.Of(source, destination))];
    }

    /// <summary>Sends all in these pieces and ends the direction.</summary>
    private static async Task SendAsync(Socket socket, byte[] bytes, int[] pieces)
    {
        for (var (at, i) = (0, 0); at < bytes.Length; i++)
        {
            at += await socket.SendAsync(bytes.AsMemory(at, Math.Min(bytes.Length - at, pieces[i % pieces.Length])));
        }
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer).WaitAsync(s_hang, TestContext.Current.CancellationToken) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }
        return all.ToArray();
    }

    private static async Task AssertEndsAsync(TcpFixture relay, byte[] bytes, bool endsSending)
    {
        using var client = await relay.ConnectAsync();
        try
        {
            await client.SendAsync(bytes);
            if (endsSending)
            {
                client.Shutdown(SocketShutdown.Send);
            }
            Assert.Empty(await ReadToEndAsync(client));
        }
        catch (SocketException)
        {
            // What it has not read the other side may have thrown away.
        }
    }

    private static async Task ServeAsync(TcpFixture relay, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                using var endpoint = await relay.AcceptAtEndpointAsync().WaitAsync(stop);
                await ReadToEndAsync(endpoint);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client broke off.
            }
        }
    }
}
