using System.Collections.Immutable;
using DnsClient;
using DnsClient.Protocol;
using LoadBalancer.Core.Model;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>Follows one service: asks, reports, waits for the time to ask again.</summary>
internal sealed partial class DnsServiceWatch(
    DnsName name, DnsResolver resolver, DnsOptions options, Func<int> services, DnsProgress progress, ISourceFeed feed, TimeProvider time, int seed, ILogger logger)
{
    private readonly TargetAddresses _targets = new(resolver, options, time);
    private readonly DnsRefresh _refresh = new(options);
    private readonly Random _random = new(seed);
    private ImmutableHashSet<EndpointId>? _known;
    private int _failures;
    private bool _answeredOnce;

    public DnsName Name => name;

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(await AskAndSurviveAsync(stop), time, stop);
        }
    }

    private async Task<TimeSpan> AskAndSurviveAsync(CancellationToken stop)
    {
        try
        {
            return await AskAsync(stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            Log.Defect(logger, e, name.Service, name.Query);
            _failures++;
            return _refresh.AfterFailure(_failures, services(), _random.NextDouble());
        }
    }

    // Returns how long to wait.
    private async Task<TimeSpan> AskAsync(CancellationToken stop)
    {
        try
        {
            var reply = await resolver.AskAsync(name.Query, QueryType.SRV, _failures > 0, stop);
            var answer = new DnsRecords(reply.Message);
            var (records, ttl) = answer.Srv(name.Query);
            var targets = await _targets.FindAsync(records.Where(SrvEndpoints.HasTarget).Select(record => record.Target.Value), name.Query, answer, _failures > 0, stop);
            return Report(reply, records, targets, targets.Values.Select(target => target.Ttl).Append(ttl).Min());
        }
        catch (DnsLookupException e)
        {
            return ReportFailure(e);
        }
    }

    private TimeSpan Report(DnsReply reply, ImmutableArray<SrvRecord> records, Dictionary<string, TargetResult> targets, TimeSpan ttl)
    {
        var endpoints = SrvEndpoints.Build(records, targets, name.Query);
        var failed = targets.Values.FirstOrDefault(target => target.Error is not null)?.Error;
        if (failed is not null && endpoints.IsEmpty)
        {
            return ReportFailure(failed);
        }
        var unknown = targets.Values.FirstOrDefault(target => target is { Error: not null, Known: null })?.Error;
        feed.Observe(name.Service, new Observation.Seen(endpoints) { Doubt = Doubt(endpoints, unknown?.Message ?? reply.Doubt) });
        progress.Answered(name.Service);
        if (failed is not null)
        {
            Failing(failed.Message);
            return _refresh.AfterFailure(_failures, services(), _random.NextDouble());
        }
        if (_failures > 0)
        {
            Log.Recovered(logger, name.Service, name.Query, endpoints.Length);
        }
        _failures = 0;
        var first = !_answeredOnce;
        _answeredOnce = true;
        return _refresh.AfterAnswer(ttl, services(), first, _random.NextDouble());
    }

    private TimeSpan ReportFailure(DnsLookupException e)
    {
        feed.Observe(name.Service, new Observation.Failed(e.Message));
        if (e.Failure == DnsFailure.Error)
        {
            progress.Answered(name.Service);
        }
        else
        {
            progress.Unanswered(name.Service, e.Failure, e.Message);
        }
        Failing(e.Message);
        return _refresh.AfterFailure(_failures, services(), _random.NextDouble());
    }

    // A doubt is only worth saying when something is missing; of the time before the start nobody here knows. What went
    // missing in doubt stays known, so that the next answer, which lacks it as well, is not the proof that it is gone.
    private string? Doubt(ImmutableArray<ObservedEndpoint> endpoints, string? reason)
    {
        var now = endpoints.Select(endpoint => endpoint.Id).ToImmutableHashSet();
        var lacks = _known is null || !_known.IsSubsetOf(now);
        _known = reason is null ? now : _known?.Union(now);
        return lacks ? reason : null;
    }

    private void Failing(string error)
    {
        if (_failures++ == 0)
        {
            Log.Failing(logger, name.Service, name.Query, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "DNS for service {Service} ({Query}) met a defect of this program; it goes on with the last known endpoints")]
        public static partial void Defect(ILogger logger, Exception error, string service, string query);

        [LoggerMessage(Level = LogLevel.Warning, Message = "DNS for service {Service} ({Query}) fails: {Error}. Its last known endpoints stay")]
        public static partial void Failing(ILogger logger, string service, string query, string error);

        [LoggerMessage(Level = LogLevel.Information, Message = "DNS for service {Service} ({Query}) answers again: {Endpoints} endpoints")]
        public static partial void Recovered(ILogger logger, string service, string query, int endpoints);
    }
}
