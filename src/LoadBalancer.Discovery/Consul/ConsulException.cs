using System.Net;

namespace LoadBalancer.Discovery.Consul;

/// <summary>A question to Consul that got no usable answer. The message names agent, path, status and Consul's own words; never a token.</summary>
public sealed class ConsulException : Exception
{
    internal ConsulException(string agent, string path, string problem, HttpStatusCode? status = null, Exception? inner = null)
        : base($"Consul agent {agent}, {path}: {problem}", inner) => Status = status;

    /// <summary>The status of the answer; null when there was none or it could not be understood.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>No answer came: refused, reset, or its connection ended.</summary>
    internal bool IsConnectionLoss => InnerException is HttpRequestException or IOException;
}
