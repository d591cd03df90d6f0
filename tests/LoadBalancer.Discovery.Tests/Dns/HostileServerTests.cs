using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.Dns;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Discovery.Tests.Dns;

/// <summary>Whatever a server answers: no answer is ever taken for "no endpoints".</summary>
public sealed class HostileServerTests
{
    private static readonly byte[] s_nameServer = ScriptedDnsServer.Record(2, 60, ScriptedDnsServer.Name("ns.example.com"));

    private static readonly Dictionary<string, Func<byte[], byte[]?>> s_answers = new()
    {
        ["SERVFAIL"] = question => ScriptedDnsServer.Reply(question, rcode: 2),
        ["REFUSED"] = question => ScriptedDnsServer.Reply(question, rcode: 5),
        ["NOTIMP"] = question => ScriptedDnsServer.Reply(question, rcode: 4),
        ["FORMERR without a question"] = question => [question[0], question[1], 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0],
        ["silence"] = _ => null,
        ["garbage"] = _ => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        ["one byte"] = _ => [0],
        ["nothing"] = _ => [],
        ["the question itself"] = question => question,
        ["another id"] = question => [(byte)(question[0] ^ 1), .. ScriptedDnsServer.Reply(question)[1..]],
        ["another question"] = question => ScriptedDnsServer.Reply([.. question[..13], (byte)'x', .. question[14..]]),
        ["truncated mark"] = question => ScriptedDnsServer.Reply(question, truncated: true),
        ["a referral"] = question => ScriptedDnsServer.Reply(question, authorities: [s_nameServer]),
        ["more records promised than sent"] = question =>
        {
            var reply = ScriptedDnsServer.Reply(question);
            reply[7] = 3;
            return reply;
        },
        ["a name that points at itself"] = question => ScriptedDnsServer.Reply(question, answers: [[0xC0, (byte)(question.Length - 11), 0, 33, 0, 1, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 80]]),
        ["a record cut short"] = question => ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com")[..^12]]),
    };

    public static TheoryData<string, DnsTransport> Answers()
    {
        var data = new TheoryData<string, DnsTransport>();
        foreach (var name in s_answers.Keys)
        {
            data.Add(name, DnsTransport.Auto);
            data.Add(name, DnsTransport.Udp);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_is_no_answer_is_an_error(string answer, DnsTransport transport)
    {
        await using var server = new ScriptedDnsServer((question, _) => s_answers[answer](question));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api") with { Transport = transport, Timeout = TimeSpan.FromMilliseconds(150), Tries = 1 });

        await Eventually.True(() => running.Feed.Of("api").Count >= 2, "two observations");

        Assert.All(running.Feed.Of("api"), observation => Assert.IsType<Observation.Failed>(observation));
    }

    [Fact]
    public async Task Tcp_refused_is_asked_over_udp()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(3, 9, 80, "7f000001.addr.dc1.example.com")]), tcp: false);
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api"));

        await Eventually.True(() => running.Feed.AddressesOf("api") == "127.0.0.1:80", "an endpoint");
    }

    [Fact]
    public async Task A_server_that_answered_over_tcp_is_never_asked_over_udp()
    {
        var silent = false;
        await using var server = new ScriptedDnsServer((question, tcp) => tcp && Volatile.Read(ref silent)
            ? null
            : ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com")]));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api") with { Timeout = TimeSpan.FromMilliseconds(150) });
        await Eventually.True(() => running.Feed.AddressesOf("api") == "127.0.0.1:80", "an endpoint");

        Volatile.Write(ref silent, true);
        await Eventually.True(() => running.Feed.LastOf("api") is Observation.Failed, "an error");

        Assert.Equal(0, server.UdpQuestions);
    }

    [Fact]
    public async Task A_truncated_answer_over_udp_is_asked_again_over_tcp()
    {
        await using var server = new ScriptedDnsServer((question, tcp) =>
            ScriptedDnsServer.Reply(question, truncated: !tcp, answers: tcp ? [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com")] : null));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api") with { Transport = DnsTransport.Udp });

        await Eventually.True(() => running.Feed.AddressesOf("api") == "127.0.0.1:80", "an endpoint");
    }

    [Fact]
    public async Task A_service_that_hangs_delays_no_other_and_not_the_completion()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.NameOf(question).StartsWith("hang", StringComparison.Ordinal)
            ? null
            : ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com")]));
        string[] hanging = [.. Enumerable.Range(0, 30).Select(i => $"hang{i}")];
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, [.. hanging, "api"]) with { Timeout = TimeSpan.FromMilliseconds(500) });

        await Eventually.True(() => running.Feed.Of("api").Count > 5 && running.Feed.Of("hang0").Count > 0, "answers of the one while the others hang");
        await Eventually.True(() => running.Feed.Completions > 0, "complete");

        Assert.Empty(running.Feed.Failures);
        Assert.All(hanging, name => Assert.All(running.Feed.Of(name), observation => Assert.IsType<Observation.Failed>(observation)));
        Assert.Equal("127.0.0.1:80", running.Feed.AddressesOf("api"));
    }

    [Fact]
    public async Task The_target_dot_and_port_zero_are_no_endpoints()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.Reply(question, answers: ScriptedDnsServer.NameOf(question).StartsWith("none", StringComparison.Ordinal)
            ? [ScriptedDnsServer.Srv(0, 0, 0, ".")]
            : [ScriptedDnsServer.Srv(1, 1, 0, "7f000001.addr.dc1.example.com"), ScriptedDnsServer.Srv(1, 0, 80, "7f000002.addr.dc1.example.com")]));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "none", "api"));

        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        Assert.Equal("", running.Feed.AddressesOf("none"));
        Assert.Equal("127.0.0.2:80", running.Feed.AddressesOf("api"));
    }

    [Fact]
    public async Task Targets_of_which_none_can_be_asked_for_are_an_error_and_some_leave_a_doubt()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.TypeOf(question) != 33
            ? ScriptedDnsServer.Reply(question, rcode: 2)
            : ScriptedDnsServer.Reply(question, answers:
            [
                ScriptedDnsServer.Srv(1, 1, 81, "unknown.other.test"),
                .. ScriptedDnsServer.NameOf(question).StartsWith("some", StringComparison.Ordinal) ? new[] { ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com") } : [],
            ]));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "none", "some"));

        await Eventually.True(() => running.Feed.Completions == 1, "complete");

        Assert.IsType<Observation.Failed>(running.Feed.LastOf("none"));
        Assert.Equal("127.0.0.1:80", running.Feed.AddressesOf("some"));
        Assert.Contains("unknown.other.test", Assert.IsType<Observation.Seen>(running.Feed.Of("some")[0]).Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_server_is_found_out_at_once_where_the_kernel_says_so()
    {
        var options = RunningSource.Options($"127.0.0.1:{Ports.Free()}", "api") with { Timeout = TimeSpan.FromSeconds(30) };
        await using var running = RunningSource.Start(options);

        await Eventually.True(() => running.Feed.Failures.Count == 1, "it fails, long before the timeout");
    }

    [Fact]
    public async Task The_ttl_says_when_to_ask_again()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com", ttl: 20)]));
        var time = new FakeTimeProvider();
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api") with { MinRefresh = TimeSpan.FromSeconds(1), MaxRefresh = TimeSpan.FromSeconds(30) }, time);
        await NextAnswer();
        Assert.InRange(await NextAnswer(), 1, double.MaxValue);
        Assert.InRange(await NextAnswer(), 18, double.MaxValue);
        Assert.InRange(await NextAnswer(), 18, double.MaxValue);

        // Moves the clock until there is one more observation; returns the seconds that it moved.
        async Task<double> NextAnswer()
        {
            var (start, count) = (time.GetUtcNow(), running.Feed.Of("api").Count);
            await Eventually.True(() =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return running.Feed.Of("api").Count > count;
            }, "one more answer");
            return (time.GetUtcNow() - start).TotalSeconds;
        }
    }

    [Fact]
    public async Task Connections_are_used_again()
    {
        await using var server = new ScriptedDnsServer((question, _) => ScriptedDnsServer.Reply(question, answers: [ScriptedDnsServer.Srv(1, 1, 80, "7f000001.addr.dc1.example.com")]));
        await using var running = RunningSource.Start(RunningSource.Options(server.Address, "api"));

        await Eventually.True(() => running.Feed.Of("api").Count >= 10, "ten answers");

        Assert.InRange(server.TcpConnections, 1, 3);
    }
}
