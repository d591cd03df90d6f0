using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Dns;

/// <summary>One DNS server: how it can be asked, and what its recent answers and silences say of it.</summary>
internal sealed partial class DnsServer
{
    // DNSClient's default, and no more than a Consul agent gets wrong: it cuts at this size without a mark.
    private const int UdpPayload = 4096;

    // No record with its address is larger in practice: an unmarked cut leaves less than this free.
    private const int LargestRecord = 512;

    private static readonly TimeSpan s_tcpRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_avoid = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_doubtAfterOutage = TimeSpan.FromSeconds(60);

    private readonly IPEndPoint _address;
    private readonly DnsTransport _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LookupClient _tcp;
    private readonly LookupClient _udp;

    private readonly Lock _lock = new();
    private bool _answeredTcp;
    private DateTimeOffset _tcpAgainAt;
    private DateTimeOffset _avoidUntil;
    private DateTimeOffset _doubtUntil;
    private int _failures;
    private bool _down;

    public DnsServer(IPEndPoint address, DnsOptions options, TimeProvider time, ILogger logger)
    {
        _address = address;
        _transport = options.Transport;
        _time = time;
        _logger = logger;
        _tcp = new LookupClient(ClientOptions(address, options, tcp: true));
        _udp = new LookupClient(ClientOptions(address, options, tcp: false));
    }

    public IPEndPoint Address => _address;

    /// <summary>
    /// True when the server failed a moment ago and others should be asked first. One caller in a while gets false,
    /// to find out whether it is back.
    /// </summary>
    public bool Avoid()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            if (_failures == 0 || now < _avoidUntil)
            {
                return _failures > 0;
            }
            _avoidUntil = now + s_avoid;
            return false;
        }
    }

    /// <summary>Asks once (over TCP and, where that is open, over UDP).</summary>
    /// <exception cref="DnsLookupException">There is no usable answer.</exception>
    public async Task<DnsReply> AskAsync(string name, QueryType type, CancellationToken stop)
    {
        try
        {
            var (message, overUdp) = await SendAsync(name, type, stop);
            Check(message, name, type);
            return new DnsReply(message, Answered(message, overUdp));
        }
        catch (DnsLookupException e)
        {
            Failed(e.Failure);
            throw;
        }
    }

    private async Task<(IDnsQueryResponse Message, bool OverUdp)> SendAsync(string name, QueryType type, CancellationToken stop)
    {
        if (!TcpFirst())
        {
            return (await SendAsync(_udp, name, type, stop), true);
        }
        try
        {
            var message = await SendAsync(_tcp, name, type, stop);
            lock (_lock)
            {
                _answeredTcp = true;
            }
            return (message, false);
        }
        catch (DnsLookupException e) when (MayAskOverUdp())
        {
            if (e.Failure == DnsFailure.Unreachable && await UdpProbe.IsRefusedAsync(_address, stop))
            {
                throw;
            }
            NoteNoTcp(e);
            return (await SendAsync(_udp, name, type, stop), true);
        }
    }

    private bool TcpFirst()
    {
        lock (_lock)
        {
            return _transport == DnsTransport.Tcp || (_transport == DnsTransport.Auto && (_answeredTcp || _time.GetUtcNow() >= _tcpAgainAt));
        }
    }

    // A server that once answered over TCP is never asked over UDP: while a Consul agent restarts, its UDP side may be
    // up first, and three instances of twenty would pass for all.
    private bool MayAskOverUdp()
    {
        lock (_lock)
        {
            return _transport == DnsTransport.Auto && !_answeredTcp;
        }
    }

    private void NoteNoTcp(DnsLookupException error)
    {
        lock (_lock)
        {
            if (_tcpAgainAt == default)
            {
                Log.NoTcp(_logger, _address, error.Message);
            }
            _tcpAgainAt = _time.GetUtcNow() + s_tcpRetry;
        }
    }

    private async Task<IDnsQueryResponse> SendAsync(LookupClient client, string name, QueryType type, CancellationToken stop)
    {
        try
        {
            return await client.QueryAsync(name, type, cancellationToken: stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            if (Inner<SocketException>(e) is { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown } socket)
            {
                throw new DnsLookupException(DnsFailure.Unreachable, $"DNS server {_address} cannot be reached: {socket.Message}", e);
            }
            if (e is ArgumentException)
            {
                throw new DnsLookupException(DnsFailure.Error, $"{name} cannot be asked for: {e.Message}", e);
            }
            var isTimeout = e is OperationCanceledException || Inner<DnsResponseException>(e)?.Code == DnsResponseCode.ConnectionTimeout;
            throw new DnsLookupException(DnsFailure.Silent, isTimeout
                ? $"DNS server {_address} did not answer in {client.Settings.Timeout.TotalSeconds:0.###} s"
                : $"DNS server {_address} gave no usable answer: {e.GetBaseException().Message}", e);
        }
    }

    private void Check(IDnsQueryResponse message, string name, QueryType type)
    {
        var header = message.Header;
        if (!header.HasQuery || message.Questions is not [var question] || question.QuestionType != type || !SameName(question.QueryName.Value, name))
        {
            // HasQuery is the library's name of the bit that tells an answer from a question (QR): an echo lacks it.
            throw new DnsLookupException(DnsFailure.Silent, $"DNS server {_address} answered another question than {name} {type}");
        }
        if (header.ResultTruncated)
        {
            throw new DnsLookupException(DnsFailure.Error, $"DNS server {_address} has more records of {name} than it can send: let it answer over TCP");
        }
        if (header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
        {
            throw new DnsLookupException(DnsFailure.Error, $"DNS server {_address} answered {name} {type} with {header.ResponseCode}");
        }
        if (header.ResponseCode == DnsHeaderResponseCode.NoError && message.Answers.Count == 0
            && message.Authorities.Any(record => record.RecordType == ResourceRecordType.NS) && !message.Authorities.Any(record => record is SoaRecord))
        {
            throw new DnsLookupException(DnsFailure.Error, $"DNS server {_address} refers to other servers for {name}: give a server that looks names up itself");
        }
    }

    // Returns why the answer may lack records, or null.
    private string? Answered(IDnsQueryResponse message, bool overUdp)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            if (_down)
            {
                (_down, _doubtUntil) = (false, now + s_doubtAfterOutage);
            }
            _failures = 0;
            return now < _doubtUntil ? $"DNS server {_address} came back a moment ago and may not know everything yet"
                : overUdp && message.MessageSize > UdpPayload - LargestRecord ? $"the answer of DNS server {_address} over UDP may have been cut: let it answer over TCP"
                : null;
        }
    }

    private void Failed(DnsFailure failure)
    {
        lock (_lock)
        {
            if (failure == DnsFailure.Error)
            {
                return;
            }
            _failures++;
            // One silence may be a slow name; three in a row without an answer between them are a dead server.
            _down |= failure == DnsFailure.Unreachable || _failures >= 3;
            _avoidUntil = _time.GetUtcNow() + s_avoid;
        }
    }

    private static LookupClientOptions ClientOptions(IPEndPoint address, DnsOptions options, bool tcp) => new(address)
    {
        UseCache = false,
        UseTcpOnly = tcp,
        UseTcpFallback = true,
        ExtendedDnsBufferSize = tcp ? 512 : UdpPayload,
        Timeout = options.Timeout,
        Retries = 0,
        ThrowDnsErrors = false,
        ContinueOnDnsError = false,
        ContinueOnEmptyResponse = false,
    };

    private static bool SameName(string a, string b) => a.AsSpan().TrimEnd('.').Equals(b.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static T? Inner<T>(Exception? e)
        where T : Exception
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "DNS server {Server} is asked over UDP, because TCP fails: {Error}. Over UDP a Consul agent leaves out instances of large services")]
        public static partial void NoTcp(ILogger logger, IPEndPoint server, string error);
    }
}
