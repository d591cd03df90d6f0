using CsCheck;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.Dns;
using LoadBalancer.Registry.State;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Registry.Tests.Dns;

/// <summary>From packet to packet, hostile ones included; what the records say is in the contract.</summary>
public sealed class DnsResponderTests
{
    private readonly DnsResponder _responder = Responder(instances: 40);

    [Fact]
    public void An_answer_repeats_the_id_and_the_question_in_its_case()
    {
        var query = Packet.Query("Api.SERVICE.consul", DnsType.Srv, id: 999);
        var answer = new Packet(_responder.Answer(query, overTcp: false)!);
        Assert.Equal(999, answer.Id);
        Assert.True(answer.IsResponse);
        Assert.Equal(query[12..], answer.Octets[12..query.Length]);
    }

    [Theory]
    [InlineData(0, 3, true)]
    [InlineData(512, 7, true)]
    [InlineData(1232, 19, true)]
    [InlineData(8192, 40, false)]
    public void Over_udp_what_does_not_fit_is_left_out_and_marked(ushort ednsSize, int answers, bool truncated)
    {
        var answer = new Packet(_responder.Answer(Packet.Query("api.service.consul", DnsType.Srv, ednsSize), overTcp: false)!);
        Assert.Equal(answers, answer.Answers);
        Assert.Equal(answers + (ednsSize > 0 ? 1 : 0), answer.Additionals);
        Assert.Equal(truncated, answer.Truncated);
        Assert.True(answer.Octets.Length <= Math.Max((int)ednsSize, 512));
    }

    [Fact]
    public void A_thousand_instances_fit_over_tcp_in_part_and_say_so()
    {
        var answer = new Packet(Responder(2000).Answer(Packet.Query("api.service.consul", DnsType.Srv), overTcp: true)!);
        Assert.InRange(answer.Answers, 600, 1999);
        Assert.InRange(answer.Octets.Length, 60_000, 65_535);
        Assert.True(answer.Truncated);
    }

    [Theory]
    [InlineData(4, 1, nameof(DnsType.A), nameof(DnsCode.NotImplemented))]
    [InlineData(0, 1, nameof(DnsType.Axfr), nameof(DnsCode.NotImplemented))]
    [InlineData(0, 3, nameof(DnsType.A), nameof(DnsCode.Refused))]
    [InlineData(0, 255, nameof(DnsType.A), nameof(DnsCode.NoError))]
    public void What_is_not_done_is_said(byte opcode, ushort kind, string type, string code)
    {
        var answer = new Packet(_responder.Answer(Packet.Query("api.service.consul", Enum.Parse<DnsType>(type), opcode: opcode, kind: kind), overTcp: true)!);
        Assert.Equal(Enum.Parse<DnsCode>(code), (DnsCode)answer.Code);
    }

    [Fact]
    public void Another_version_of_edns_is_refused_with_ours()
    {
        var answer = new Packet(_responder.Answer(Packet.Query("api.service.consul", DnsType.A, ednsSize: 1232, ednsVersion: 1), overTcp: false)!);
        Assert.Equal(1, answer.Additionals);
        // The OPT record is the last 11 octets; the upper part of code 16 is the first of its TTL, the version the second.
        Assert.Equal([1, 0], answer.Octets[^6..^4]);
    }

    [Fact]
    public void Empty_names_in_between_exist_and_have_nothing()
    {
        foreach (var name in new[] { "consul", "service.consul", "node.consul", "dc1.consul", "service.dc1.consul" })
        {
            var answer = new Packet(_responder.Answer(Packet.Query(name, DnsType.A), overTcp: false)!);
            Assert.Equal((int)DnsCode.NoError, answer.Code);
            Assert.Equal(0, answer.Answers);
        }
    }

    [Fact]
    public void Aliases_that_go_in_circles_end()
    {
        var log = new ChangeLog();
        var catalog = new Registry.State.Catalog(log, "dc1");
        var node = new NodeRow { Name = "n", Address = "127.0.0.1" };
        catalog.Register(new Registration(node, new ServiceRow { Id = "a", Name = "a", Address = "b.service.consul" }, []));
        catalog.Register(new Registration(node, new ServiceRow { Id = "b", Name = "b", Address = "a.service.consul" }, []));
        Assert.InRange(new Packet(Responder(catalog, node).Answer(Packet.Query("a.service.consul", DnsType.A), overTcp: true)!).Answers, 2, 5);
        Assert.Equal(1, new Packet(Responder(catalog, node).Answer(Packet.Query("a.service.consul", DnsType.Srv), overTcp: true)!).Answers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0001000000010000000000")] // a header short by one octet
    [InlineData("000180000001000000000000")] // an answer
    public void What_is_no_query_gets_no_answer(string hex) => Assert.Null(_responder.Answer(Convert.FromHexString(hex), overTcp: false));

    [Theory]
    [InlineData("000100000000000000000000")] // no question
    [InlineData("000100000002000000000000" + "0000010001" + "0000010001")] // two
    [InlineData("000100000001000000000000")] // missing
    [InlineData("000100000001000000000000" + "03617069")] // a name without its end
    [InlineData("000100000001000000000000" + "0461706900" + "00010001")] // a label past its end
    [InlineData("000100000001000000000000" + "c00c" + "00010001")] // a pointer to itself
    [InlineData("000100000001000000000000" + "4000" + "00010001")] // a reserved kind of label
    [InlineData("000100000001000000000000" + "00" + "0001")] // no class
    [InlineData("000100000001000000000000" + "00" + "00010001" + "00")] // an octet too many
    [InlineData("000100000001000100000000" + "00" + "00010001")] // an answer that is not there
    [InlineData("000100000001000000000001" + "00" + "00010001")] // an additional record that is not there
    [InlineData("000100000001000000000001" + "00" + "00010001" + "00002904d0000000000005")] // options that are not there
    [InlineData("000100000001000000000002" + "00" + "00010001" + "00002904d0000000000000" + "00002904d0000000000000")] // EDNS twice
    [InlineData("000100000001000000000001" + "00" + "00010001" + "016100002904d0000000000000")] // EDNS below the root
    public void A_malformed_query_is_a_format_error(string hex)
    {
        var answer = new Packet(_responder.Answer(Convert.FromHexString(hex), overTcp: false)!);
        Assert.Equal((int)DnsCode.FormatError, answer.Code);
        Assert.Equal(1, answer.Id);
        Assert.True(answer.IsResponse);
        Assert.Equal(12, answer.Octets.Length);
    }

    [Fact]
    public void A_name_of_256_octets_is_a_format_error()
    {
        var label = new string('a', 63);
        Assert.Equal((int)DnsCode.FormatError, new Packet(_responder.Answer(Packet.Query($"{label}.{label}.{label}.{label}", DnsType.A), overTcp: false)!).Code);
        Assert.Equal((int)DnsCode.Refused, new Packet(_responder.Answer(Packet.Query($"{label}.{label}.{label}.{label[..61]}", DnsType.A), overTcp: false)!).Code);
    }

    [Fact]
    public void Random_octets_never_hurt() => Gen.Byte.Array[0, 300].Sample(Survives, iter: 20_000);

    [Fact]
    public void Damaged_queries_never_hurt() =>
        Gen.Select(Gen.OneOf(DnsType.A, DnsType.Srv, DnsType.Any, DnsType.Soa, DnsType.NS), Gen.UShort, Gen.OneOf("api.service.consul", "_api._tcp.service.dc1.consul", "n.node.consul", "0a000001.addr.dc1.consul", "consul"), Gen.Select(Gen.Int[0, 80], Gen.Byte).Array[0, 6], Gen.Int[-10, 10])
            .Sample((type, size, name, damage, cut) =>
            {
                var packet = Packet.Query(name, type, size);
                foreach (var (at, value) in damage)
                {
                    packet[at % packet.Length] = value;
                }
                Array.Resize(ref packet, Math.Max(0, packet.Length + cut));
                return Survives(packet);
            }, iter: 20_000);

    private bool Survives(byte[] octets)
    {
        foreach (var overTcp in new[] { false, true })
        {
            if (_responder.Answer(octets, overTcp) is { } answer)
            {
                var packet = new Packet(answer);
                if (!packet.IsResponse || !answer.AsSpan(0, 2).SequenceEqual(octets.AsSpan(0, 2)) || answer.Length > ushort.MaxValue)
                {
                    return false;
                }
            }
        }
        return true;
    }

    private static DnsResponder Responder(int instances)
    {
        var log = new ChangeLog();
        var catalog = new Registry.State.Catalog(log, "dc1");
        var node = new NodeRow { Name = "n", Address = "127.0.0.1" };
        for (var i = 0; i < instances; i++)
        {
            catalog.Register(new Registration(node, new ServiceRow { Id = $"api-{i}", Name = "api", Address = $"10.0.{i / 250}.{1 + (i % 250)}", Port = 1 + i },
                [new CheckRow { Id = $"c{i}", Name = "c", ServiceId = $"api-{i}", Status = CheckStatus.Passing }]));
        }
        return Responder(catalog, node);
    }

    private static DnsResponder Responder(Registry.State.Catalog catalog, NodeRow node)
    {
        Assert.True(DnsName.TryParse("consul", out var domain));
        return new DnsResponder(new DnsResolver(catalog, domain, "dc1", node, new Jitter(1), new FakeTimeProvider()), TimeSpan.Zero);
    }
}
