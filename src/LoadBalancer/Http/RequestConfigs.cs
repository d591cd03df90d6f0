using System.Net;
using LoadBalancer.Core.Model;
using Yarp.ReverseProxy.Forwarder;

namespace LoadBalancer.Http;

/// <summary>A service's policy in the terms of YARP's forwarder.</summary>
internal sealed class RequestConfigs(ServicePolicy policy)
{
    private readonly ForwarderRequestConfig _request = ConfigOf(policy, policy.Timeouts.Idle);
    private readonly ForwarderRequestConfig _tunnel = ConfigOf(policy, policy.Timeouts.Tunnel);

    /// <summary>That of a request that asks for a tunnel, or of any other.</summary>
    public ForwarderRequestConfig For(bool asksForTunnel) => asksForTunnel ? _tunnel : _request;

    private static ForwarderRequestConfig ConfigOf(ServicePolicy policy, TimeSpan idle) => new()
    {
        ActivityTimeout = idle,
        Version = policy.Protocol == UpstreamProtocol.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        AllowResponseBuffering = false,
    };
}
