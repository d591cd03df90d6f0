using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>Broken messages over real sockets, each judged by another parser than the reactor's.</summary>
public sealed class MutationTests
{
    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = 64 };

    /// <summary>How long an answer may take before the client gives up waiting: no verdict hangs on it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(30);

    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_broken_request_ends_and_never_becomes_two()
    {
        await using var backend = await RecordingBackend.StartAsync();
        await using var reactor = new ReactorFixture(backend.Port);
        var requests = RequestGen.Valid.Where(static request => !request.IsHead).Array[1, 3].Select(static all => string.Concat(all.Select(static r => r.Text)));
        var texts = Cases.Of(Gen.Select(requests, MutationGen.Mutations).Select(static (text, mutations) => mutations.Aggregate(text, static (text, m) => m.Of(text))), seed: 7, count: 3_000);
        var statuses = new ConcurrentDictionary<int, int>();
        await Parallel.ForEachAsync(texts, s_parallel, async (text, _) =>
        {
            using var socket = await reactor.ConnectAsync();
            await socket.SendAsync(Encoding.Latin1.GetBytes(text));
            var reading = ReadAllAsync(socket);
            await Task.WhenAny(reading, Task.Delay(s_patience, CancellationToken.None));
            EndSending(socket);
            foreach (var answer in await reading.WaitAsync(s_hang, CancellationToken.None))
            {
                // An answer of the backend's server itself would be to what only one of the two parsers takes.
                Assert.True(answer.IsOfBackend || answer.IsOfBalancer || answer.Status == 204, $"{answer.Head} to {text}");
                statuses.AddOrUpdate(answer.Status, 1, static (_, count) => count + 1);
            }
        });
        await reactor.AssertNothingLeftAsync();
        // Who sees one request where the other sees two, or another one, is what smuggling needs.
        var routed = reactor.Routed.CountBy(static request => request).ToDictionary();
        Assert.All(backend.Requests.CountBy(static request => request), request => Assert.True(request.Value <= routed.GetValueOrDefault(request.Key), $"{request} was not asked for: {routed.GetValueOrDefault(request.Key)}"));
        Assert.True(backend.Requests.Count <= reactor.Endpoint.Total, "the backend saw more requests than were sent to it");
        Assert.Contains(200, statuses.Keys);
        Assert.Contains(400, statuses.Keys);
    }

    [Fact]
    public async Task A_broken_answer_is_refused_or_cut_and_never_taken_for_another()
    {
        await using var backend = new ScriptedBackend();
        await using var reactor = new ReactorFixture(backend.Port);
        using var direct = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        direct.DefaultRequestHeaders.ConnectionClose = true;
        var texts = Cases.Of(Gen.Select(AnswerGen.Valid, MutationGen.Mutations).Select(static (answer, mutations) => mutations.Aggregate(answer.Text, static (text, m) => m.Of(text))), seed: 8, count: 2_000);
        var kinds = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(texts, s_parallel, async (text, _) =>
        {
            var path = backend.Script(text, [1_000], close: true);
            using var socket = await reactor.ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"));
            var answers = await ReadAllAsync(socket).WaitAsync(s_hang, CancellationToken.None);
            Assert.True(answers.Count <= 1, $"{answers.Count} answers from {text}");
            if (answers is not [var answer])
            {
                Count("cut");
            }
            else if (answer.IsOfBalancer)
            {
                Assert.Equal(502, answer.Status);
                Count("refused");
            }
            else
            {
                // What goes on as whole is what a client would have made of it without a balancer.
                Assert.Equal(await AskAsync(direct, $"http://127.0.0.1:{backend.Port}{path}", text), (answer.Status, answer.Body, text).ToString());
                Count("whole");
            }
        });
        await reactor.AssertNothingLeftAsync();
        Assert.Equal(["cut", "refused", "whole"], kinds.Keys.Order());

        void Count(string kind) => kinds.AddOrUpdate(kind, 1, static (_, count) => count + 1);
    }

    /// <summary>What a client gets without a balancer: status, content and the text that it was made of.</summary>
    private static async Task<string> AskAsync(HttpClient client, string url, string text, int times = 3)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(url));
            return ((int)answer.StatusCode, Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync()), text).ToString();
        }
        catch (HttpRequestException e)
        {
            // A connection may break on a machine with much to do; what is wrong with the text is wrong every time.
            return times > 1 ? await AskAsync(client, url, text, times - 1) : e.ToString();
        }
    }

    /// <summary>All answers that came whole, to the end of the connection or a cut.</summary>
    private static async Task<List<HttpReader.Answer>> ReadAllAsync(Socket socket)
    {
        var answers = new List<HttpReader.Answer>();
        using var stream = new BufferedStream(new NetworkStream(socket));
        try
        {
            while (await HttpReader.ReadAsync(stream, isHead: false) is { } answer)
            {
                answers.Add(answer);
            }
        }
        catch (IOException)
        {
            // Reset, or cut (which is an IOException, too): the client knows that this one is not whole.
        }
        return answers;
    }

    private static void EndSending(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was reset.
        }
    }
}
