using System.Net;
using DnsClient;
using DnsClient.Protocol;
using LoadBalancer.Registry.Dns;
using LoadBalancer.Registry.Tests.Dns;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Registry.Tests.Contract;

public abstract class DnsContract(Target target) : ContractTests(target)
{
    private enum Over
    {
        Udp,
        Tcp,
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_has_addresses_and_srv_records(bool tcp)
    {
        var over = tcp ? Over.Tcp : Over.Udp;
        var name = NewName("dns");
        await RegisterAsync(name, name + "-1", """ "Address":"10.1.0.1","Weights":{"Passing":7,"Warning":3},"Tags":["v1"] """);
        await RegisterAsync(name, name + "-2", """ "Address":"10.1.0.2","Weights":{"Passing":8,"Warning":4},"Check":{"TTL":"10m","Status":"warning"} """);
        await RegisterAsync(name, name + "-3", """ "Address":"10.1.0.3","Check":{"TTL":"10m"} """);

        var addresses = await AskAsync($"{name}.service.consul", QueryType.A, over);
        Assert.Equal(["10.1.0.1", "10.1.0.2"], addresses.Answers.ARecords().Select(record => record.Address.ToString()).Order(StringComparer.Ordinal));
        Assert.True(addresses.Header.HasAuthorityAnswer);
        Assert.All(addresses.Answers, record => Assert.Equal(0, record.InitialTimeToLive));

        var services = await AskAsync($"{name}.service.consul", QueryType.SRV, over);
        Assert.Equal(
            ["1 4 80 0a010002.addr.dc1.consul.", "1 7 80 0a010001.addr.dc1.consul."],
            services.Answers.SrvRecords().Select(record => $"{record.Priority} {record.Weight} {record.Port} {record.Target.Value}").Order(StringComparer.Ordinal));
        foreach (var record in services.Answers.SrvRecords())
        {
            Assert.Contains(services.Additionals.ARecords(), address => address.DomainName.Equals(record.Target));
        }
    }

    [Theory]
    [InlineData("%.service.consul")]
    [InlineData("%.service.dc1.consul")]
    [InlineData("v1.%.service.consul")]
    [InlineData("V1.%.SERVICE.CONSUL")]
    [InlineData("_%._tcp.service.consul")]
    [InlineData("_%._tcp.service.dc1.consul")]
    [InlineData("_%._v1.service.consul")]
    [InlineData("_%._tcp.consul")]
    public async Task Every_form_of_a_services_name_works(string form)
    {
        var name = NewName("form");
        await RegisterAsync(name, name, """ "Address":"10.1.1.1","Tags":["v1"] """);
        var answer = await AskAsync(form.Replace("%", name, StringComparison.Ordinal), QueryType.SRV, Over.Udp);
        Assert.Equal(80, Assert.Single(answer.Answers.SrvRecords()).Port);
    }

    [Theory]
    [InlineData("none-such.service.consul")]
    [InlineData("v2.%.service.consul")]
    [InlineData("_%._v2.service.consul")]
    [InlineData("_%.service.consul")]
    [InlineData("%.service.dc2.consul")]
    [InlineData("%.service.dc1.more.consul")]
    [InlineData("%.nothing.consul")]
    public async Task What_is_not_there_does_not_exist(string form)
    {
        var name = NewName("form");
        await RegisterAsync(name, name, """ "Address":"10.1.1.1","Tags":["v1"] """);
        var answer = await AskAsync(form.Replace("%", name, StringComparison.Ordinal), QueryType.SRV, Over.Udp);
        Assert.Equal(DnsHeaderResponseCode.NotExistentDomain, answer.Header.ResponseCode);
        Assert.Equal("consul.", Assert.Single(answer.Authorities.OfType<SoaRecord>()).DomainName.Value);
    }

    [Fact]
    public async Task A_node_that_is_not_there_does_not_exist() =>
        Assert.Equal(DnsHeaderResponseCode.NotExistentDomain, (await AskAsync("none-such.node.consul", QueryType.A, Over.Udp)).Header.ResponseCode);

    [Fact]
    public async Task A_service_without_an_address_has_its_nodes()
    {
        var name = NewName("node");
        await RegisterAsync(name, name);
        var answer = await AskAsync($"{name}.service.consul", QueryType.SRV, Over.Udp);
        Assert.Equal($"{Target.Node}.node.dc1.consul.", Assert.Single(answer.Answers.SrvRecords()).Target.Value);
        Assert.Equal("127.0.0.1", Assert.Single(answer.Additionals.ARecords()).Address.ToString());
        Assert.Equal("127.0.0.1", Assert.Single((await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Answers.ARecords()).Address.ToString());
        Assert.Equal("127.0.0.1", Assert.Single((await AskAsync($"{Target.Node}.node.consul", QueryType.A, Over.Udp)).Answers.ARecords()).Address.ToString());
        Assert.Equal("127.0.0.1", Assert.Single((await AskAsync($"{Target.Node}.node.dc1.consul", QueryType.A, Over.Tcp)).Answers.ARecords()).Address.ToString());
    }

    [Fact]
    public async Task An_IPv6_service_has_an_AAAA_record_only()
    {
        var name = NewName("six");
        await RegisterAsync(name, name, "\"Address\":\"2001:db8::5\"");
        Assert.Equal("2001:db8::5", Assert.Single((await AskAsync($"{name}.service.consul", QueryType.AAAA, Over.Udp)).Answers.AaaaRecords()).Address.ToString());
        var services = await AskAsync($"{name}.service.consul", QueryType.SRV, Over.Udp);
        Assert.Equal("20010db8000000000000000000000005.addr.dc1.consul.", Assert.Single(services.Answers.SrvRecords()).Target.Value);
        Assert.Equal("2001:db8::5", Assert.Single(services.Additionals.AaaaRecords()).Address.ToString());
        var none = await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp);
        Assert.Equal(DnsHeaderResponseCode.NoError, none.Header.ResponseCode);
        Assert.Empty(none.Answers);
        Assert.Single(none.Authorities.OfType<SoaRecord>());
        Assert.Equal("2001:db8::5", Assert.Single((await AskAsync($"{name}.service.consul", QueryType.ANY, Over.Udp)).Answers.AaaaRecords()).Address.ToString());
    }

    [Fact]
    public async Task A_service_with_a_host_name_is_an_alias()
    {
        var name = NewName("alias");
        await RegisterAsync(name, name, "\"Address\":\"db.example.com\"");
        Assert.Equal("db.example.com.", Assert.Single((await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Answers.CnameRecords()).CanonicalName.Value);
        Assert.Equal("db.example.com.", Assert.Single((await AskAsync($"{name}.service.consul", QueryType.SRV, Over.Udp)).Answers.SrvRecords()).Target.Value);
        var inner = NewName("inner");
        await RegisterAsync(inner, inner, "\"Address\":\"10.4.4.4\"");
        var outer = NewName("outer");
        await RegisterAsync(outer, outer, $"\"Address\":\"{inner}.service.consul\"");
        Assert.Equal("10.4.4.4", Assert.Single((await AskAsync($"{outer}.service.consul", QueryType.A, Over.Udp)).Answers.ARecords()).Address.ToString());
    }

    [Fact]
    public async Task A_hexadecimal_name_is_its_address()
    {
        Assert.Equal("10.20.30.40", Assert.Single((await AskAsync("0a141e28.addr.dc1.consul", QueryType.A, Over.Udp)).Answers.ARecords()).Address.ToString());
        Assert.Equal("2001:db8::1", Assert.Single((await AskAsync("20010db8000000000000000000000001.addr.dc1.consul", QueryType.AAAA, Over.Udp)).Answers.AaaaRecords()).Address.ToString());
        Assert.Empty((await AskAsync("0a14.addr.dc1.consul", QueryType.A, Over.Udp)).Answers);
    }

    [Fact]
    public async Task The_domain_has_an_authority()
    {
        Assert.Equal("consul.", Assert.Single((await AskAsync("consul", QueryType.SOA, Over.Udp)).Answers.OfType<SoaRecord>()).DomainName.Value);
        var servers = await AskAsync("consul", QueryType.NS, Over.Udp);
        Assert.Equal($"{Target.Node}.node.dc1.consul.", Assert.Single(servers.Answers.NsRecords()).NSDName.Value);
        Assert.Single(servers.Additionals.ARecords());
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("api.service.consul.example.com")]
    public async Task Other_domains_are_refused(string name) =>
        Assert.Equal(DnsHeaderResponseCode.Refused, (await AskAsync(name, QueryType.A, Over.Udp)).Header.ResponseCode);

    [Fact]
    public async Task Over_udp_an_answer_is_cut_to_what_fits_and_over_tcp_it_is_whole()
    {
        const int Instances = 40;
        var (node, name) = (NewName("ext"), NewName("big"));
        for (var i = 1; i <= Instances; i++)
        {
            await PutOkAsync("catalog/register", $$"""{"Node":"{{node}}","Address":"10.7.7.7","Service":{"ID":"{{name}}-{{i}}","Service":"{{name}}","Port":{{i}},"Address":"10.8.0.{{i}}"} }""");
        }
        var plain = await Packet.AskAsync(Target.DnsPort, Packet.Query($"{name}.service.consul", DnsType.Srv), Ct);
        Assert.Equal(3, plain.Answers);
        Assert.Equal(3, plain.Additionals);
        Assert.True(plain.Octets.Length <= 512);
        var wide = await Packet.AskAsync(Target.DnsPort, Packet.Query($"{name}.service.consul", DnsType.Srv, ednsSize: 1232), Ct);
        Assert.InRange(wide.Answers, 4, Instances - 1);
        Assert.True(wide.Octets.Length <= 1232);
        var whole = await AskAsync($"{name}.service.consul", QueryType.SRV, Over.Tcp);
        Assert.Equal(Enumerable.Range(1, Instances), whole.Answers.SrvRecords().Select(record => (int)record.Port).Order());
        Assert.False(whole.Header.ResultTruncated);
        // Consul marks a cut answer only with enable_truncate; without the mark an asker takes three for all.
        Assert.Equal(!Target.IsConsul, plain.Truncated);
        Assert.Equal(!Target.IsConsul, wide.Truncated);
        await PutOkAsync("catalog/deregister", $$"""{"Node":"{{node}}"}""");
    }

    [Fact]
    public async Task The_order_changes_from_answer_to_answer()
    {
        var name = NewName("order");
        for (var i = 1; i <= 3; i++)
        {
            await RegisterAsync(name, $"{name}-{i}", $"\"Address\":\"10.6.0.{i}\"");
        }
        HashSet<string> first = [];
        await Eventually.True(async () =>
        {
            first.Add((await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Answers.ARecords().First().Address.ToString());
            return first.Count == 3;
        }, "each was first once");
    }

    [Fact]
    public async Task A_service_leaves_dns_when_it_turns_critical_or_goes()
    {
        var name = NewName("leave");
        await RegisterAsync(name, name, "\"Check\":{\"TTL\":\"10m\",\"Status\":\"passing\"}");
        Assert.Single((await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Answers);
        await PutOkAsync($"agent/service/maintenance/{name}?enable=true");
        await Eventually.True(async () => (await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain, "out for maintenance");
        await PutOkAsync($"agent/service/maintenance/{name}?enable=false");
        await Eventually.True(async () => (await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Answers.Count == 1, "back");
        await PutOkAsync("agent/service/deregister/" + name);
        await Eventually.True(async () => (await AskAsync($"{name}.service.consul", QueryType.A, Over.Udp)).Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain, "gone");
    }

    private Task<IDnsQueryResponse> AskAsync(string name, QueryType type, Over over)
    {
        var options = new LookupClientOptions(new IPEndPoint(IPAddress.Loopback, Target.DnsPort))
        {
            UseCache = false,
            UseTcpOnly = over == Over.Tcp,
            UseTcpFallback = false,
            ContinueOnDnsError = false,
            ExtendedDnsBufferSize = 0,
            Retries = 2,
        };
        return new LookupClient(options).QueryAsync(name, type, cancellationToken: Ct);
    }
}
