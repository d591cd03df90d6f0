using System.Net.Sockets;
using CsCheck;
using LoadBalancer.Reactor.Tests.Http.Parsing;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>However a message is cut into segments, it is the same message: over real sockets, in both directions.</summary>
public sealed class SplitTests
{
    [Fact]
    public async Task Requests_in_pieces_get_the_answers_of_whole_ones()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(backend.Port);
        var cases = Cases.Of(Gen.Select(RequestGen.Valid.Array[1, 5], Gen.OneOf(Gen.Const(1).Array[1], Gen.Int[1, 30].Array[1, 20], Gen.Int[100, 5_000].Array[1])), seed: 5, count: 300);
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (one, _) =>
        {
            using (var socket = await reactor.ConnectAsync())
            {
                using var answers = new BufferedStream(new NetworkStream(socket));
                // Pipelined: the next request may begin in the segment in which the last one ends.
                var sending = SendAsync(socket, string.Concat(one.Item1.Select(static r => r.Text)), one.Item2);
                foreach (var request in one.Item1)
                {
                    var answer = await HttpReader.ReadAsync(answers, request.IsHead);
                    Assert.NotNull(answer);
                    Assert.Equal((200, request.Answer), (answer.Status, answer.Body));
                    Assert.False(answer.Closes);
                }
                await sending;
            }
        });
        Assert.Equal(cases.Sum(static c => c.Item1.Length), backend.Requests.Count);
        await reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Answers_in_pieces_are_those_of_whole_ones()
    {
        await using var backend = new ScriptedBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        var cases = Cases.Of(Gen.Select(AnswerGen.Valid, Gen.OneOf(Gen.Const(1).Array[1], Gen.Int[1, 30].Array[1, 20], Gen.Const(10_000).Array[1])), seed: 6, count: 400);
        await Parallel.ForEachAsync(cases.Index(), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (one, _) =>
        {
            var ((expected, pieces), version) = (one.Item, one.Index % 4 == 0 ? "1.0" : "1.1");
            var path = backend.Script(expected.Text, pieces, close: expected.EndsWithConnection);
            using var socket = await reactor.ConnectAsync();
            using var stream = new BufferedStream(new NetworkStream(socket));
            await SendAsync(socket, $"GET {path} HTTP/{version}\r\nHost: api\r\n\r\n", [1_000]);
            var answer = await HttpReader.ReadAsync(stream, isHead: false);
            Assert.NotNull(answer);
            Assert.Equal((expected.Status, expected.Body), (answer.Status, answer.Body));
            Assert.False(answer.IsOfBalancer);
        });
        await reactor.AssertNothingLeftAsync();
    }

    private static async Task SendAsync(Socket socket, string text, int[] pieces)
    {
        foreach (var piece in BodyText.Pieces(text, pieces))
        {
            await socket.SendAsync(piece);
        }
    }
}
