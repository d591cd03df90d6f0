using System.Net;
using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Health.Outliers;

namespace LoadBalancer.Core.Model;

/// <summary>
/// One address that serves a service: an identity that lives across snapshots and holds only counters. What is decided
/// about it (weight, priority, availability) is in its <see cref="EndpointState"/>.
/// </summary>
public sealed class Endpoint
{
    private int _inFlight;
    private long _total;
    private long _failures;
    private volatile int _connectFailures;
    private volatile int _ejections;
    private volatile LatencyAverage? _latency;
    private volatile ErrorCount? _errors;
    private volatile string? _lastCheck;

    /// <summary>An endpoint of <paramref name="service"/> at host:port.</summary>
    public Endpoint(Service service, EndpointId id, string host, int port)
    {
        Service = service;
        Id = id;
        Host = host;
        Port = port;
        Address = Authority.Format(host, port);
        HttpPrefix = $"http://{Address}/";
        Remote = IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }

    /// <summary>The service that it serves; two services that share an address have two endpoints and two verdicts.</summary>
    public Service Service { get; }

    /// <summary>Who it is to its source.</summary>
    public EndpointId Id { get; }

    /// <summary>An IP address or a host name.</summary>
    public string Host { get; }

    /// <summary>1 to 65535.</summary>
    public int Port { get; }

    /// <summary>"10.0.0.1:80".</summary>
    public string Address { get; }

    /// <summary>"http://10.0.0.1:80/", built once.</summary>
    public string HttpPrefix { get; }

    /// <summary>Where a connection is made to: an <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/> for a host name.</summary>
    public EndPoint Remote { get; }

    /// <summary>Leases that have begun and not ended.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Leases that ever began.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Leases that ended in a fault of the endpoint, or with an answer that counts as an error.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Connect failures since the last success; written by the service's writer only.</summary>
    public int ConnectFailures => _connectFailures;

    /// <summary>How often it was ever ejected: by it a lease knows whether that came after it began.</summary>
    internal int Ejections => _ejections;

    /// <summary>What the balancer's last check of it found, for people; null when it has not been checked.</summary>
    public string? LastCheck
    {
        get => _lastCheck;
        internal set => _lastCheck = value;
    }

    /// <summary>Its latency; null unless the service's algorithm goes by it.</summary>
    internal LatencyAverage? Latency => _latency;

    /// <summary>Measures from now on, by this clock, or no longer (null). Called by the service's writer only.</summary>
    internal void MeasureLatency(TimeProvider? time) => _latency = time is null ? null : _latency ?? new LatencyAverage(time);

    /// <summary>What its answers were; null unless its service ejects by them.</summary>
    internal ErrorCount? Errors => _errors;

    /// <summary>Counts errors from now on by these options, or no longer (null). Called by the service's writer only.</summary>
    internal void CountErrors(OutlierOptions? options)
    {
        var errors = options is null ? null : _errors ?? new ErrorCount();
        errors?.Use(options!);
        _errors = errors;
    }

    internal void CountConnectFailure()
    {
        _ejections++;
        _connectFailures++;
    }

    internal void CountEjection() => _ejections++;

    internal void ForgiveConnectFailures() => _connectFailures = 0;

    internal void Begin()
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _total);
    }

    /// <summary>Begins unless so many are in flight; 0 for no limit. The limit holds however many threads begin at once.</summary>
    internal bool TryBegin(int limit)
    {
        if (limit == 0)
        {
            Begin();
            return true;
        }
        var inFlight = InFlight;
        while (inFlight < limit)
        {
            var seen = Interlocked.CompareExchange(ref _inFlight, inFlight + 1, inFlight);
            if (seen == inFlight)
            {
                Interlocked.Increment(ref _total);
                return true;
            }
            inFlight = seen;
        }
        return false;
    }

    internal void End(bool isFailure)
    {
        Interlocked.Decrement(ref _inFlight);
        if (isFailure)
        {
            Interlocked.Increment(ref _failures);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Address;
}
