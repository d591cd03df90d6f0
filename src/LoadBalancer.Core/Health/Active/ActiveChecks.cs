using System.Globalization;
using System.Net;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Health.Active;

/// <summary>Makes the check of an endpoint.</summary>
internal static class ActiveChecks
{
    /// <param name="policy">What the service asks for: a check, and what its endpoints speak on the port of the traffic.</param>
    /// <param name="endpoint">Who is checked.</param>
    /// <param name="time">The clock of the time limit.</param>
    public static IHealthCheck Create(ServicePolicy policy, Endpoint endpoint, TimeProvider time)
    {
        var options = policy.Check!;
        var port = options.Port ?? endpoint.Port;
        // Another port is the management interface, which speaks HTTP/1.1 and expects no PROXY header whatever the service does.
        var isOfTraffic = port == endpoint.Port;
        var protocol = isOfTraffic ? policy.Protocol : UpstreamProtocol.Http1;
        var proxyProtocol = isOfTraffic ? policy.SendProxyProtocol : ProxyProtocolVersion.Off;
        var address = Authority.Format(endpoint.Host, port);
        return options.Type switch
        {
            ActiveCheckType.Tcp => new TcpCheck(endpoint.Host, port, options.Timeout, time) { SendProxyProtocol = proxyProtocol },
            ActiveCheckType.Grpc => new GrpcCheck(address, options.GrpcService, options.Host, options.Timeout, time) { SendProxyProtocol = proxyProtocol },
            ActiveCheckType.Command => new CommandCheck(options.Command, options.Timeout, time, new Dictionary<string, string>
            {
                ["LB_SERVICE"] = endpoint.Service.Name,
                ["LB_ADDRESS"] = address,
                ["LB_HOST"] = endpoint.Host,
                ["LB_PORT"] = port.ToString(CultureInfo.InvariantCulture),
            }),
            _ => new HttpCheck(Http(options, protocol, address) with { SendProxyProtocol = proxyProtocol }, time),
        };
    }

    private static HttpCheckOptions Http(ActiveCheckOptions options, UpstreamProtocol protocol, string address)
    {
        var headers = new Dictionary<string, IReadOnlyList<string>> { ["User-Agent"] = ["lb-health-check"] };
        if (options.Host is not null)
        {
            headers["Host"] = [options.Host];
        }
        return new HttpCheckOptions
        {
            Target = new Uri($"http://{address}{options.Path}"),
            Method = options.Method,
            Headers = headers,
            Version = protocol == UpstreamProtocol.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            Expected = options.Statuses,
            BodyContains = options.BodyContains,
            FollowRedirects = false,
            Timeout = options.Timeout,
        };
    }
}
