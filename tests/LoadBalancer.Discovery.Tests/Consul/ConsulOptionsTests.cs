using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using LoadBalancer.Discovery.Consul;
using LoadBalancer.Discovery.Consul.Client;

namespace LoadBalancer.Discovery.Tests.Consul;

public sealed class ConsulOptionsTests
{
    private static List<(string Message, string Members)> Problems(object options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new(options), results, validateAllProperties: true);
        return [.. results.Select(result => (result.ErrorMessage!, string.Join(',', result.MemberNames)))];
    }

    [Fact]
    public void The_defaults_are_valid()
    {
        Assert.Empty(Problems(new ConsulOptions()));
        Assert.Empty(Problems(new ConsulTlsOptions()));
        Assert.Empty(Problems(new ConsulRegisterOptions()));
    }

    [Fact]
    public void Every_option_is_described()
    {
        foreach (var type in new[] { typeof(ConsulOptions), typeof(ConsulTlsOptions), typeof(ConsulRegisterOptions) })
        {
            Assert.All(type.GetProperties(), property => Assert.False(string.IsNullOrEmpty(property.GetCustomAttribute<DescriptionAttribute>()?.Description), property.Name));
        }
    }

    [Fact]
    public void What_cannot_work_names_its_member()
    {
        Assert.Equal("Address", Assert.Single(Problems(new ConsulOptions { Address = "ftp://x" })).Members);
        Assert.Equal("Addresses", Assert.Single(Problems(new ConsulOptions { Addresses = ["x:y"] })).Members);
        Assert.Equal("Token,TokenFile", Assert.Single(Problems(new ConsulOptions { Token = "a", TokenFile = "b" })).Members);
        Assert.Equal("SilenceTimeout,Wait", Assert.Single(Problems(new ConsulOptions { Wait = TimeSpan.FromMinutes(6) })).Members);
        Assert.Equal("MaxConnections", Assert.Single(Problems(new ConsulOptions { MaxConnections = 10 })).Members);
        Assert.Equal("MaxConnections", Assert.Single(Problems(new ConsulOptions { MaxConnections = 24, Datacenters = ["dc2"] })).Members);
        Assert.Equal("Datacenters", Assert.Single(Problems(new ConsulOptions { Datacenters = ["dc2", "dc2"] })).Members);
        Assert.Equal("HttpAuth", Assert.Single(Problems(new ConsulOptions { HttpAuth = "user" })).Members);
        Assert.Equal("Certificate,Key", Assert.Single(Problems(new ConsulTlsOptions { Certificate = "x" })).Members);
        Assert.Equal("Address", Assert.Single(Problems(new ConsulRegisterOptions { Address = "name" })).Members);
        Assert.Equal("Name", Assert.Single(Problems(new ConsulRegisterOptions { Name = "a.b" })).Members);
    }

    [Theory]
    [InlineData(null, "http://127.0.0.1:8500/", null)]
    [InlineData("10.0.0.1:8500", "http://10.0.0.1:8500/", null)]
    [InlineData("localhost:8500", "http://localhost:8500/", null)]
    [InlineData("https://consul.example.com", "https://consul.example.com/", null)]
    [InlineData("http://proxy/consul", "http://proxy/consul/", null)]
    [InlineData("[::1]:8500", "http://[::1]:8500/", null)]
    [InlineData("unix:///run/consul.sock", "http://consul-socket-0/", "/run/consul.sock")]
    public void An_agent_is_named_as_Consul_names_it(string? text, string uri, string? socket)
    {
        var agent = Assert.Single(AgentAddress.All(new() { Address = text }));
        Assert.Equal((uri, socket), (agent.Base.AbsoluteUri, agent.UnixPath));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://x")]
    [InlineData("http://")]
    [InlineData("unix://relative.sock")]
    [InlineData("http://user:secret@host:8500")]
    [InlineData("host:99999")]
    public void What_is_no_address_is_refused(string text) => Assert.NotNull(AgentAddress.Problem(text));

    [Fact]
    public void The_environment_fills_what_is_unset()
    {
        var environment = new Dictionary<string, string>
        {
            ["CONSUL_HTTP_ADDR"] = "10.0.0.1:8501",
            ["CONSUL_HTTP_SSL"] = "true",
            ["CONSUL_HTTP_SSL_VERIFY"] = "false",
            ["CONSUL_HTTP_TOKEN"] = "t",
            ["CONSUL_HTTP_AUTH"] = "u:p",
            ["CONSUL_CACERT"] = "ca",
            ["CONSUL_CLIENT_CERT"] = "cert",
            ["CONSUL_CLIENT_KEY"] = "key",
            ["CONSUL_TLS_SERVER_NAME"] = "name",
        };
        var options = ConsulEnvironment.Apply(new(), environment.GetValueOrDefault);
        Assert.Equal(("https://10.0.0.1:8501", "t", "u:p"), (options.Address, options.Token, options.HttpAuth));
        Assert.Equal(new() { Ca = "ca", Certificate = "cert", Key = "key", ServerName = "name", SkipVerify = true }, options.Tls);

        var set = new ConsulOptions { Address = "http://x", TokenFile = "f", HttpAuth = "a:b", Tls = new() { Ca = "own" } };
        var kept = ConsulEnvironment.Apply(set, environment.GetValueOrDefault);
        Assert.Equal(("http://x", null, "f", "a:b", "own"), (kept.Address, kept.Token, kept.TokenFile, kept.HttpAuth, kept.Tls.Ca));
    }

    [Fact]
    public void An_empty_environment_changes_nothing()
    {
        var options = new ConsulOptions();
        Assert.Equal(options, ConsulEnvironment.Apply(options, _ => null));
        Assert.Equal(options, ConsulEnvironment.Apply(options, _ => ""));
    }

    [Fact]
    public void A_token_file_wins_over_a_token_in_the_environment()
    {
        var options = ConsulEnvironment.Apply(new(), name => name switch { "CONSUL_HTTP_TOKEN" => "t", "CONSUL_HTTP_TOKEN_FILE" => "f", _ => null });
        Assert.Equal((null, "f"), (options.Token, options.TokenFile));
    }
}
