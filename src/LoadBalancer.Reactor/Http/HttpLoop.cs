using System.Globalization;
using System.Text;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Routing;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>What the HTTP connections of one loop share: parsers, connections to endpoints, exchanges to use again.</summary>
internal sealed class HttpLoop : IHeaderLookup, IKeyLookup
{
    private readonly Stack<HttpExchange> _free = new();
    private readonly char[] _host = new char[512];
    private readonly char[] _path = new char[BufferPool.LargeSize];
    private readonly char[] _method = new char[64];
    private readonly byte[] _date = new byte[29];
    private long _dateSecond = -1;

    public HttpLoop(EventLoop loop)
    {
        Loop = loop;
        Upstreams = new UpstreamPools(loop);
    }

    public EventLoop Loop { get; }

    public RequestHead Request { get; } = new();

    public ResponseHead Response { get; } = new();

    public TrailerSection Trailers { get; } = new();

    public UpstreamPools Upstreams { get; }

    /// <summary>Connections of clients that are open.</summary>
    public HashSet<HttpConnection> Connections { get; } = [];

    /// <summary>Whose request is being routed.</summary>
    private HttpConnection? _routed;

    /// <summary>The bytes of the head that <see cref="Request"/> describes; only while a request is being routed.</summary>
    private ReadOnlyMemory<byte> Head { get; set; }

    public HttpExchange RentExchange() => _free.TryPop(out var exchange) ? exchange : new HttpExchange(this);

    public void Return(HttpExchange exchange)
    {
        if (_free.Count < 4096)
        {
            _free.Push(exchange);
        }
    }

    /// <summary>The date of now as a Date field writes it (RFC 9110 section 5.6.7), made once per second.</summary>
    public ReadOnlySpan<byte> Date
    {
        get
        {
            var now = Loop.Time.GetUtcNow();
            var second = now.Ticks / TimeSpan.TicksPerSecond;
            if (second != _dateSecond)
            {
                _dateSecond = second;
                now.TryFormat(_date, out _, "r", CultureInfo.InvariantCulture);
            }
            return _date;
        }
    }

    /// <summary>What of the request decides about its service, as routing reads it. Valid until the next call.</summary>
    public RouteRequest RouteOf(HttpConnection client, ReadOnlyMemory<byte> head)
    {
        _routed = client;
        Head = head;
        var bytes = head.Span;
        var host = Request.Authority.Of(bytes);
        var path = RoutePath.Decode(Request.Target.Of(bytes), _path);
        return new RouteRequest(
            host.Length <= _host.Length ? _host.AsSpan(0, Encoding.Latin1.GetChars(host, _host)) : default,
            path,
            Request.Method.Length <= _method.Length ? _method.AsSpan(0, Encoding.Latin1.GetChars(Request.Method.Of(bytes), _method)) : default,
            this)
        {
            Keys = this,
        };
    }

    ulong? IKeyLookup.HashOf(HashKey key) => RequestKey.HashOf(this, key, _routed!, Head.Span);

    /// <summary>Closes what waits for a request; what runs announces with its answer that it closes.</summary>
    public void Drain()
    {
        foreach (var connection in Connections.ToArray())
        {
            connection.Drain();
        }
    }

    /// <summary>Ends every connection.</summary>
    public void Abort()
    {
        foreach (var connection in Connections.ToArray())
        {
            connection.Abort();
        }
        Upstreams.CloseAll();
    }

    string? IHeaderLookup.Find(string name)
    {
        string? all = null;
        foreach (ref readonly var field in Request.Table.Fields)
        {
            if (Ascii.EqualsIgnoreCase(field.Name.Of(Head.Span), name))
            {
                var value = Encoding.Latin1.GetString(field.Value.Of(Head.Span));
                // Several cookies are one field (RFC 6265 section 5.4).
                all = all is null ? value : $"{all}{(field.Kind == FieldKind.Cookie ? "; " : ",")}{value}";
            }
        }
        return all;
    }
}
