using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Reactor.Tests.Http.Parsing;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Connections that begin with a PROXY header, over real sockets.</summary>
public sealed class ProxyHeaderTests
{
    private static readonly Gen<string> s_header = Gen.Select(Gen.OneOf(ProxyProtocolVersion.V1, ProxyProtocolVersion.V2), Gen.Byte.Array[4], Gen.UShort, Gen.Int[0, 3], static (version, address, port, kind) =>
    {
        var bytes = new byte[ProxyHeaderWriter.LongestHeader];
        var source = new IPEndPoint(new IPAddress(address), port);
        return Encoding.Latin1.GetString(bytes, 0, ProxyHeaderWriter.Write(bytes, version, kind == 0 ? default : ProxyHeader.Of(source, source)));
    });

    [Fact]
    public async Task Requests_behind_a_header_are_answered_in_all_pieces()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(backend.Port) { RequiresProxyHeader = true };
        var cases = Cases.Of(Gen.Select(s_header, RequestGen.Valid.Array[0, 3], Gen.OneOf(Gen.Const(1).Array[1], Gen.Int[1, 30].Array[1, 20], Gen.Int[100, 5_000].Array[1])), seed: 8, count: 200);
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (one, _) =>
        {
            using var socket = await reactor.ConnectAsync();
            using var answers = new BufferedStream(new NetworkStream(socket));
            var sending = SendAsync(socket, one.Item1 + string.Concat(one.Item2.Select(static r => r.Text)), one.Item3);
            foreach (var request in one.Item2)
            {
                var answer = await HttpReader.ReadAsync(answers, request.IsHead);
                Assert.NotNull(answer);
                Assert.Equal((200, request.Answer), (answer.Status, answer.Body));
            }
            await sending;
        });
        Assert.Equal(cases.Sum(static c => c.Item2.Length), backend.Requests.Count);
        Assert.Empty(reactor.RefusedHeaders);
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_connection_without_a_header_ends_without_an_answer()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(backend.Port) { RequiresProxyHeader = true };
        string[] wrong = ["GET / HTTP/1.1\r\nHost: api\r\n\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 2 \r\n", "PROXY UNKNOWN\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n\r\n\0\r\nQUIT\n\x31"];
        foreach (var bytes in wrong)
        {
            using var socket = await reactor.ConnectAsync();
            await SendAsync(socket, bytes, [bytes.Length]);
            Assert.Equal(0, await ReceiveAsync(socket));
        }
        Assert.Equal(wrong.Length, reactor.RefusedHeaders.Count);
        // Who leaves within a header has said nothing wrong.
        foreach (var bytes in (string[])["", "P", "PROXY TCP4 1.1.1.1", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"])
        {
            using var socket = await reactor.ConnectAsync();
            await SendAsync(socket, bytes, [Math.Max(1, bytes.Length)]);
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await ReceiveAsync(socket));
        }
        Assert.Equal(wrong.Length, reactor.RefusedHeaders.Count);
        Assert.Empty(backend.Requests);
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_header_of_a_stranger_is_not_read()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(backend.Port) { RequiresProxyHeader = true, TrustsProxies = false };
        for (var i = 0; i < 10; i++)
        {
            using var socket = await reactor.ConnectAsync();
            Assert.Equal(0, await ReceiveAsync(socket));
        }
        Assert.Equal(10, reactor.RefusedHeaders.Count);
        await reactor.AssertNothingLeftAsync();
    }

    /// <summary>0 for an end, also a reset: what it has not read the other side may have thrown away.</summary>
    private static async Task<int> ReceiveAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task SendAsync(Socket socket, string text, int[] pieces)
    {
        foreach (var piece in BodyText.Pieces(text, pieces))
        {
            await socket.SendAsync(piece);
        }
    }
}
