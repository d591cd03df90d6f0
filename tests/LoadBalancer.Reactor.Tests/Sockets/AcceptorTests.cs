using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Sockets;

public sealed class AcceptorTests : IAsyncDisposable
{
    private const string Ask = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";
    private const string AskOnce = "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n";

    private readonly ScriptedBackend _backend = new();
    private readonly ReactorFixture _reactor;
    private readonly string _path;

    public AcceptorTests()
    {
        _reactor = new ReactorFixture(_backend.Port);
        _path = _backend.Script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", [1_000], close: false);
    }

    public async ValueTask DisposeAsync()
    {
        await _reactor.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task Connections_spread_over_the_loops()
    {
        var clients = await ConnectAsync(100);
        await Eventually.True(() => _reactor.Open == 100, "all are accepted");

        // A loop keeps what it accepts while it has at most an eighth and one more than the other.
        Assert.All(_reactor.ClientsOfLoops, static count => Assert.InRange(count, 40, 60));
        await EndAsync(clients);
    }

    [Fact]
    public async Task Beyond_the_limit_they_wait_until_another_ends()
    {
        _reactor.Limit = 5;
        var clients = await ConnectAsync(20, Ask);
        await Eventually.True(() => _reactor.Open == 5, "as many as may are taken");
        await _reactor.RoundsAsync(3);
        var asked = _reactor.Asked;
        await _reactor.RoundsAsync(100);
        Assert.Equal(asked, _reactor.Asked);

        foreach (var client in clients)
        {
            await AnswerAsync(client);
            client.Dispose();
        }

        Assert.Equal(5, _reactor.Most);
        await _reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_limit_that_is_raised_lets_in_who_waits()
    {
        _reactor.Limit = 0;
        var clients = await ConnectAsync(20, Ask);
        await Eventually.True(() => _reactor.Asked > 0, "the first one is refused");
        Assert.Equal(0, _reactor.Most);

        _reactor.Limit = 100;
        _reactor.Resume();

        Assert.All(await Task.WhenAll(clients.Select(AnswerAsync)), static answer => Assert.Equal("ok", answer));
        await EndAsync(clients);
    }

    [Fact]
    public async Task Many_clients_over_a_low_limit_are_all_served_and_it_is_kept()
    {
        _reactor.Limit = 3;
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, _) =>
        {
            using var client = await _reactor.ConnectAsync();
            await client.SendAsync(Encoding.ASCII.GetBytes(AskOnce.Replace("/ ", _path + " ", StringComparison.Ordinal)));
            Assert.Equal("ok", await AnswerAsync(client));
        });

        Assert.InRange(_reactor.Most, 1, 3);
        await _reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task What_the_kernel_has_accepted_is_served_after_the_stop()
    {
        _reactor.Limit = 1;
        var clients = await ConnectAsync(50, Ask);
        await Eventually.True(() => _reactor.Open == 1, "the first one is taken");

        await _reactor.StopAsync(takeWaiting: true);

        Assert.All(await Task.WhenAll(clients.Select(AnswerAsync)), static answer => Assert.Equal("ok", answer));
        Assert.Equal(50, _reactor.Open);
        await EndAsync(clients);
    }

    [Fact]
    public async Task What_is_left_in_the_queue_goes_to_who_accepts_next()
    {
        await _reactor.StopAsync(takeWaiting: false);
        var clients = await ConnectAsync(20, Ask);
        await _reactor.RoundsAsync(10);
        Assert.Equal(0, _reactor.Most);

        _reactor.ListenAgain();

        Assert.All(await Task.WhenAll(clients.Select(AnswerAsync)), static answer => Assert.Equal("ok", answer));
        await EndAsync(clients);
    }

    [Fact]
    public async Task Thousands_of_short_connections_leave_nothing_behind()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            using var client = await _reactor.ConnectAsync();
            await client.SendAsync(Encoding.ASCII.GetBytes(AskOnce.Replace("/ ", (i % 10 == 0 ? "/nobody" : _path) + " ", StringComparison.Ordinal)));
            var answer = await AnswerAsync(client);
            Assert.True(i % 10 == 0 ? answer.Length > 2 : answer == "ok", answer);
            // The end, not a reset.
            Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
        });

        await _reactor.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(AskOnce, "more, though the client said that it would close")]
    [InlineData("POST / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: 4\r\n\r\n\r\n\r\n", "more")]
    [InlineData("GET /nobody HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n", "more")]
    [InlineData("POST /nobody HTTP/1.1\r\nHost: api\r\nContent-Length: 1000000\r\n\r\n", "a part of the body")]
    [InlineData("nonsense\r\n\r\n", "more")]
    public async Task Input_that_is_not_read_does_not_reset_the_answer(string request, string more)
    {
        for (var i = 0; i < 50; i++)
        {
            using var client = await _reactor.ConnectAsync();
            await client.SendAsync(Encoding.ASCII.GetBytes(request.Replace("/ ", _path + " ", StringComparison.Ordinal) + more));

            using var stream = new BufferedStream(new NetworkStream(client));
            Assert.True((await HttpReader.ReadAsync(stream, isHead: false))!.Closes);
            Assert.Null(await HttpReader.ReadAsync(stream, isHead: false));
        }
        await _reactor.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_connection_has_the_options_of_the_listening_socket()
    {
        var seen = new ConcurrentQueue<(bool NoDelay, int KeepAlive)>();
        _reactor.OnHandOver = socket => seen.Enqueue((socket.NoDelay, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!));
        using var client = await _reactor.ConnectAsync();

        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());

        await Eventually.True(() => !seen.IsEmpty, "it is handed over");
        Assert.Equal([(true, 1)], seen);
    }

    private async Task<List<Socket>> ConnectAsync(int count, string? request = null)
    {
        var clients = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var client = await _reactor.ConnectAsync();
            if (request is not null)
            {
                await client.SendAsync(Encoding.ASCII.GetBytes(request.Replace("/ ", _path + " ", StringComparison.Ordinal)));
            }
            clients.Add(client);
        }
        return clients;
    }

    private async Task EndAsync(List<Socket> clients)
    {
        clients.ForEach(static client => client.Dispose());
        await _reactor.AssertNothingLeftAsync();
    }

    private static async Task<string> AnswerAsync(Socket client)
    {
        using var stream = new BufferedStream(new NetworkStream(client));
        return (await HttpReader.ReadAsync(stream, isHead: false))!.Body;
    }
}
