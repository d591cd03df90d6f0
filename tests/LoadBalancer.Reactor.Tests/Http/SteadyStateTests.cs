using System.Net.Sockets;
using System.Text;
using LoadBalancer.Reactor.Tests.Support;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Reactor.Tests.Http;

/// <summary>What requests and connections cost in memory once everything is warm.</summary>
public sealed class SteadyStateTests
{
    private const int Clients = 8;
    private const int Requests = 10_000;

    public static TheoryData<string, string, string, string> Exchanges => new()
    {
        { "GET / HTTP/1.1\r\nHost: api\r\n\r\n", "\r\n\r\n", $"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n{new string('x', 100)}!", "!" },
        { "GET / HTTP/1.1\r\nHost: api\r\n\r\n", "\r\n\r\n", $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1000\r\n{new string('x', 4096)}\r\n0\r\n\r\n", "\r\n0\r\n\r\n" },
        { $"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 10241\r\n\r\n{new string('x', 10240)}!", "!", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok!", "ok!" },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task Requests_allocate_nothing(string request, string endOfRequest, string answer, string endOfAnswer)
    {
        using var backend = new SteadyBackend(Bytes(endOfRequest), Bytes(answer));
        await using var fixture = new ReactorFixture(backend.Port) { KeepsRouted = false };
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => fixture.ConnectAsync()));
        void Ask(int count) => Parallel.ForEach(clients, new ParallelOptions { MaxDegreeOfParallelism = Clients }, client =>
        {
            var (buffer, bytes, end) = (new byte[64 * 1024], Bytes(request), Bytes(endOfAnswer));
            for (var i = 0; i < count / Clients; i++)
            {
                client.Send(bytes);
                Assert.True(SteadyBackend.ReadUntil(client, buffer, end));
            }
        });
        var allocated = long.MaxValue;
        // Pools grow until the most has been under way at once that ever is.
        for (var round = 0; round < 10 && allocated >= Requests; round++)
        {
            var before = await fixture.AllocatedAsync();
            Ask(Requests);
            allocated = await fixture.AllocatedAsync() - before;
        }

        // Less than one byte per request: what asking for the figure takes is in it.
        Assert.True(allocated < Requests, $"{allocated} bytes for {Requests} requests");
        foreach (var client in clients)
        {
            client.Dispose();
        }
        await fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task An_idle_connection_costs_less_than_a_kilobyte_and_no_buffer()
    {
        const int count = 2_000;
        using var backend = new SteadyBackend("\r\n\r\n"u8.ToArray(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!"u8.ToArray());
        await using var fixture = new ReactorFixture(backend.Port) { KeepsRouted = false };
        var buffer = new byte[4096];
        var clients = new List<Socket> { await AskOnceAsync() };
        var before = await fixture.AllocatedAsync();

        while (clients.Count <= count)
        {
            clients.Add(await AskOnceAsync());
        }
        await Eventually.True(async () => await fixture.RentedAsync() == 0, "no buffer is rented");

        // All that a connection holds was allocated by a loop's thread, tables that grow and a few buffers of the pool included.
        var each = (await fixture.AllocatedAsync() - before) / count;
        TestContext.Current.SendDiagnosticMessage($"{each} bytes per idle connection");
        Assert.True(each < 1024, $"{each} bytes per idle connection");
        clients.ForEach(static client => client.Dispose());
        await fixture.AssertNothingLeftAsync();

        async Task<Socket> AskOnceAsync()
        {
            var client = await fixture.ConnectAsync();
            client.Send("GET / HTTP/1.1\r\nHost: api\r\n\r\n"u8);
            Assert.True(SteadyBackend.ReadUntil(client, buffer, "!"u8));
            return client;
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
