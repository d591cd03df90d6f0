using System.Net;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Tcp;

/// <summary>What is said of TCP connections, the same for every engine.</summary>
internal sealed partial class TcpLog(ILogger<TcpLog> logger)
{
    public void UnknownService(string listener, string service) => LogUnknownService(logger, listener, service);

    public void HelloRefused(string listener, EndPoint? client, string? problem) => LogHelloRefused(logger, listener, client, problem);

    public void NoRoute(string listener, EndPoint? client, string serverName) => LogNoRoute(logger, listener, client, serverName);

    public void Refused(string listener, Service service, GuardAnswer answer) => LogRefused(logger, listener, service.Name, answer);

    public void NoEndpoint(string listener, Service service, Refusal refusal) => LogNoEndpoint(logger, listener, service.Name, refusal.Reason);

    public void ConnectFailed(Endpoint endpoint, string error) => LogConnectFailed(logger, endpoint.Service.Name, endpoint, error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: no source names the service {Service}; connection closed")]
    private static partial void LogUnknownService(ILogger logger, string listener, string service);

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: closed a connection from {Client}: {Problem}")]
    private static partial void LogHelloRefused(ILogger logger, string listener, EndPoint? client, string? problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: nothing leads the connection from {Client} for \"{ServerName}\" anywhere; closed")]
    private static partial void LogNoRoute(ILogger logger, string listener, EndPoint? client, string serverName);

    [LoggerMessage(Level = LogLevel.Debug, Message = "listener {Listener}: {Service} refuses the connection: {Answer}; connection closed")]
    private static partial void LogRefused(ILogger logger, string listener, string service, GuardAnswer answer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener}: no endpoint of {Service} takes a connection: {Reason}; connection closed")]
    private static partial void LogNoEndpoint(ILogger logger, string listener, string service, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "service {Service}: cannot connect to {Endpoint}: {Error}")]
    private static partial void LogConnectFailed(ILogger logger, string service, Endpoint endpoint, string error);
}
