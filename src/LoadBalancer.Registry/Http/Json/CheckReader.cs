using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Registry.Checks;
using LoadBalancer.Registry.State;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>Reads a check as the agent's endpoints take it.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/agent/check#register-check"/></remarks>
internal static class CheckReader
{
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_scriptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A check within a service; its id and name may come from the service.</summary>
    public static CheckDefinition Read(JsonFields fields)
    {
        var id = fields.Text("CheckID");
        var alias = fields.Text("ID");
        var name = fields.Text("Name");
        var notes = fields.Text("Notes");
        var serviceId = fields.Text("ServiceID");
        var status = fields.Text("Status");
        var http = fields.Text("HTTP");
        var method = fields.Text("Method");
        var header = fields.TextsMap("Header");
        var body = fields.Text("Body");
        var skipVerify = fields.Flag("TLSSkipVerify");
        var tcp = fields.Text("TCP");
        string[] args = [.. fields.Texts("Args"), .. fields.Texts("ScriptArgs")];
        var interval = fields.Duration("Interval");
        var timeout = fields.Duration("Timeout");
        var ttl = fields.Duration("TTL");
        var success = fields.Integer("SuccessBeforePassing", 0, int.MaxValue) ?? 0;
        var failures = fields.Integer("FailuresBeforeCritical", 0, int.MaxValue) ?? 0;
        var reap = fields.Duration("DeregisterCriticalServiceAfter");
        fields.Unsupported("use an HTTP, TCP or TTL check, or args, or a Consul agent",
            "GRPC", "GRPCUseTLS", "AliasNode", "AliasService", "DockerContainerID", "Shell", "Script", "UDP", "H2PING", "H2PingUseTLS", "OSService",
            "TLSServerName", "ProxyHTTP", "ProxyGRPC", "OutputMaxSize", "DisableRedirects", "FailuresBeforeWarning", "Namespace", "Partition");
        fields.End();

        var kinds = new[] { http.Length > 0, tcp.Length > 0, args.Length > 0 }.Count(given => given);
        if (kinds > 1 || (kinds == 1 && ttl != TimeSpan.Zero) || (kinds == 0 && ttl > TimeSpan.Zero && interval > TimeSpan.Zero))
        {
            throw RefusedException.BadRequest($"Invalid check: {(ttl != TimeSpan.Zero ? "Interval and TTL cannot both be specified" : "only one kind of check may be specified")}; give {fields.At("HTTP")}, TCP, Args or TTL, and one of them only");
        }
        if (kinds == 1 && interval <= TimeSpan.Zero)
        {
            throw RefusedException.BadRequest($"Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks; set {fields.At("Interval")}, for example to \"10s\"");
        }
        if (kinds == 0 && ttl <= TimeSpan.Zero)
        {
            throw RefusedException.BadRequest($"Invalid check: TTL must be > 0 for TTL checks; set {fields.At("TTL")}, or make it another kind by {fields.At("HTTP")}, TCP or Args with an Interval");
        }
        if (timeout < TimeSpan.Zero || reap < TimeSpan.Zero)
        {
            throw RefusedException.BadRequest($"Invalid check: {fields.At(timeout < TimeSpan.Zero ? "Timeout" : "DeregisterCriticalServiceAfter")} must not be negative");
        }
        timeout = timeout > TimeSpan.Zero ? timeout : args.Length > 0 ? s_scriptTimeout : s_probeTimeout;
        return new CheckDefinition
        {
            Id = id.Length > 0 ? id : alias,
            Name = name,
            Notes = notes,
            ServiceId = serviceId,
            Kind = http.Length > 0 ? CheckKind.Http : tcp.Length > 0 ? CheckKind.Tcp : args.Length > 0 ? CheckKind.Script : CheckKind.Ttl,
            Http = http.Length > 0 ? Http(fields, http, method, header, body, timeout, skipVerify) : null,
            Tcp = tcp.Length > 0 ? HostAndPort(fields, tcp) : null,
            Args = args,
            Interval = interval,
            Timeout = timeout,
            Ttl = ttl,
            InitialStatus = status.Length == 0 ? CheckStatus.Critical : CheckStatusConverter.Parse(status)
                ?? throw RefusedException.BadRequest($"Status for checks must 'passing', 'warning', 'critical'; {fields.At("Status")} is '{status}'"),
            SuccessBeforePassing = success,
            FailuresBeforeCritical = failures,
            DeregisterCriticalServiceAfter = reap,
        };
    }

    private static HttpCheckOptions Http(JsonFields fields, string target, string method, IReadOnlyDictionary<string, IReadOnlyList<string>>? header, string body, TimeSpan timeout, bool skipVerify)
    {
        if (!Uri.TryCreate(target, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            throw RefusedException.BadRequest($"Invalid check: {fields.At("HTTP")} is \"{target}\"; it must be an absolute address like \"http://127.0.0.1:5000/health\"");
        }
        return new HttpCheckOptions
        {
            Target = uri,
            Method = method.Length > 0 ? method.ToUpperInvariant() : "GET",
            Headers = header ?? new Dictionary<string, IReadOnlyList<string>>(),
            Body = body,
            Timeout = timeout,
            TlsSkipVerify = skipVerify,
        };
    }

    private static (string Host, int Port) HostAndPort(JsonFields fields, string target)
    {
        if (!Uri.TryCreate("tcp://" + target, UriKind.Absolute, out var uri) || uri.Port <= 0 || uri.PathAndQuery.Length > 1 || uri.UserInfo.Length > 0)
        {
            throw RefusedException.BadRequest($"Invalid check: {fields.At("TCP")} is \"{target}\"; it must be host:port like \"127.0.0.1:5000\" or \"[::1]:5000\"");
        }
        return (uri.DnsSafeHost, uri.Port);
    }
}
