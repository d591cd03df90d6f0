using LoadBalancer.Core.Model;
using LoadBalancer.Core.Model.Meta;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Observability;

/// <summary>Writes a line for every endpoint that comes, goes or changes, and for every source that fails or recovers.</summary>
internal sealed partial class CatalogLog(ILogger<CatalogLog> logger) : ICatalogObserver
{
    private const string Passing = "passing";

    /// <summary>Raised after every change of a service's endpoints; must be quick.</summary>
    public event Action? EndpointsChanged;

    public void EndpointChanged(EndpointChange change)
    {
        switch (change)
        {
            case { Before: null, After: { } added }:
                LogAdded(logger, change.Service, change.Endpoint.Id, change.Endpoint, added, added.Weight, added.Reason ?? Passing);
                break;
            case { After: null }:
                LogRemoved(logger, change.Service, change.Endpoint.Id, change.Endpoint, change.Endpoint.InFlight);
                break;
            case { Before: { } before, After: { } after }:
                var level = before.IsAvailable && !after.IsAvailable ? LogLevel.Warning : LogLevel.Information;
                LogChanged(logger, level, change.Service, change.Endpoint.Id, change.Endpoint, before, after, after.Weight, after.Reason ?? Passing);
                break;
        }
        EndpointsChanged?.Invoke();
    }

    public void PanicChanged(string service, bool isInPanic)
    {
        if (isInPanic)
        {
            LogPanics(logger, service);
        }
        else
        {
            LogCalm(logger, service);
        }
    }

    public void SourceChanged(string source, string service, string? error)
    {
        if (error is null)
        {
            LogServiceRecovered(logger, source, service);
        }
        else
        {
            LogServiceFailed(logger, source, service, error);
        }
    }

    public void SourceChanged(string source, string? error)
    {
        if (error is null)
        {
            LogSourceRecovered(logger, source);
        }
        else
        {
            LogSourceFailed(logger, source, error);
        }
    }

    public void SourcesConflict(string service, string chosen, string ignored) => LogConflict(logger, service, chosen, ignored);

    public void PolicyChanged(string service, DecidedPolicy before, DecidedPolicy after)
    {
        if (after.From is { } from)
        {
            LogPolicyFromMeta(logger, service, from);
        }
        else if (before.From is not null)
        {
            LogPolicyFromConfiguration(logger, service);
        }
        foreach (var problem in after.Problems.ExceptBy(before.Problems.Select(static problem => problem.Message), static problem => problem.Message))
        {
            LogPolicyProblem(logger, service, problem);
        }
    }

    public void FallbackChanged(string service, ServiceSnapshot snapshot)
    {
        if (snapshot.FallsBack)
        {
            LogFallsBack(logger, service, snapshot.AvailableCount, snapshot.Endpoints.Length, string.Join(", ", snapshot.Policy.Fallback!.Services));
        }
        else
        {
            LogReturned(logger, service, snapshot.AvailableCount, snapshot.Endpoints.Length);
        }
        EndpointsChanged?.Invoke();
    }

    public void ServiceForgotten(string service) => LogForgotten(logger, service);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: + {Id} at {Address}: {State}, weight {Weight} ({Reason})")]
    private static partial void LogAdded(ILogger logger, string service, EndpointId id, Endpoint address, EndpointState state, int weight, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: - {Id} at {Address}: gone with {InFlight} in flight")]
    private static partial void LogRemoved(ILogger logger, string service, EndpointId id, Endpoint address, int inFlight);

    [LoggerMessage(Message = "{Service}: {Id} at {Address}: {Before} -> {After}, weight {Weight} ({Reason})")]
    private static partial void LogChanged(ILogger logger, LogLevel level, string service, EndpointId id, Endpoint address, EndpointState before, EndpointState after, int weight, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: panic, too few endpoints are available")]
    private static partial void LogPanics(ILogger logger, string service);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: enough endpoints are available again")]
    private static partial void LogCalm(ILogger logger, string service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source} cannot say anything of {Service}, its last endpoints stay: {Error}")]
    private static partial void LogServiceFailed(ILogger logger, string source, string service, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Source} knows {Service} again")]
    private static partial void LogServiceRecovered(ILogger logger, string source, string service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source} does not answer, all of its endpoints stay: {Error}")]
    private static partial void LogSourceFailed(ILogger logger, string source, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Source} answers again")]
    private static partial void LogSourceRecovered(ILogger logger, string source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service} is named by {Chosen} and by {Ignored}: {Chosen} is in force; set services.{Service}.source to decide")]
    private static partial void LogConflict(ILogger logger, string service, string chosen, string ignored);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: the meta of {Id} is in force")]
    private static partial void LogPolicyFromMeta(ILogger logger, string service, EndpointId id);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: no meta is in force any more, only lb.json")]
    private static partial void LogPolicyFromConfiguration(ILogger logger, string service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: meta is not in force: {Problem}")]
    private static partial void LogPolicyProblem(ILogger logger, string service, PolicyProblem problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: {Available} of {Known} endpoints are available, its fallbacks take over: {Fallbacks}")]
    private static partial void LogFallsBack(ILogger logger, string service, int available, int known, string fallbacks);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {Available} of {Known} endpoints are available, its fallbacks are not needed any more")]
    private static partial void LogReturned(ILogger logger, string service, int available, int known);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: forgotten, it had no endpoints for a long time")]
    private static partial void LogForgotten(ILogger logger, string service);
}
