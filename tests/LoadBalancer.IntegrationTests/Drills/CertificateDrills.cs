using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>Certificates are renewed in place: the file has another content, and lb.json the same.</summary>
public sealed class CertificateDrills : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-certificates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_renewed_authority_is_read_again_at_a_reload()
    {
        if (!ConsulAgent.Available)
        {
            Assert.Skip(Tools.Missing("consul"));
        }
        var other = TestCertificates.Make(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName, "consul.test");
        var (ca, certificate, key) = TestCertificates.Make(_folder, "consul.test");
        var port = Ports.Free();
        await using var consul = await ConsulAgent.StartAsync(configuration: $$"""ports { https = {{port}} } ca_file = "{{ca}}" cert_file = "{{certificate}}" key_file = "{{key}}" """);
        await using var instance = await Instance.StartAsync("api-1");
        await new Registrar(consul.Client).RegisterAsync(instance);
        var trusted = Path.Combine(_folder, "trusted.pem");
        File.Copy(other.Ca, trusted);
        await using var lb = await LbProcess.StartAsync(
            Drill.Following(new Uri($"https://127.0.0.1:{port}/"), $$""" "tls": { "ca": "{{trusted}}", "serverName": "consul.test" }, """), whenReady: false);
        await Eventually.True(async () => (await lb.ReadyAsync()).Reason.Contains("waiting for the first complete answer of consul:", StringComparison.Ordinal), "the agent is not trusted");

        // Not copied: a copy has the times of what it was made from.
        await File.WriteAllTextAsync(trusted, await File.ReadAllTextAsync(ca, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        lb.Process.Signal(Signals.HangUp);

        await lb.ShowsAsync(service => service.Available == 1, "one");
    }
}
