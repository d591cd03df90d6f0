using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Dispatching;

/// <summary>
/// An answer of the balancer's own. The text helps the person who sees it and says nothing about the inside; the reason says
/// the same to machines, in the field X-Lb-Reason, in logs and metrics.
/// </summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">One word, of lower case letters and _.</param>
/// <param name="Text">One or two sentences.</param>
public sealed record Refusal(int Status, string Reason, string Text)
{
    /// <summary>Neither a route nor the host rule leads to a service.</summary>
    public static Refusal NoRoute { get; } = new(404, "no_route", "No service is known for this host and path. Is the name right, and is the service registered?");

    /// <summary>Before every source has spoken, nobody can say that there is no such service.</summary>
    public static Refusal NotReady { get; } = new(503, "not_ready", "It is not known yet which services there are. Try again in a moment.");

    /// <summary>CONNECT.</summary>
    public static Refusal NoTunnel { get; } = new(405, "connect_refused", "This is a reverse proxy: it opens no tunnels to other hosts.");

    /// <summary>The service has nobody to ask.</summary>
    public static Refusal NoEndpoint { get; } = new(503, "no_endpoint", "The service has no instance that can take requests now. Try again in a moment.");

    /// <summary>Everybody who was tried refused the connection or did not accept it in time.</summary>
    public static Refusal ConnectFailed { get; } = new(503, "connect_failed", "No instance of the service could be reached. Try again in a moment.");

    /// <summary>This machine is out of descriptors, memory or ports.</summary>
    public static Refusal Shortage { get; } = new(503, "shortage", "The balancer has too many connections. Try again in a moment.");

    /// <summary>No answer in time.</summary>
    public static Refusal UpstreamTimeout { get; } = new(504, "upstream_timeout", "The service did not answer in time.");

    /// <summary>The time for the whole request is over.</summary>
    public static Refusal RequestTimeout { get; } = new(504, "request_timeout", "The request took longer than is allowed for it in all.");

    /// <summary>The client stopped sending.</summary>
    public static Refusal ClientTimeout { get; } = new(408, "client_timeout", "The rest of the request did not come in time.");

    /// <summary>No answer, or none that can be understood.</summary>
    public static Refusal UpstreamError { get; } = new(502, "upstream_error", "The service closed the connection or gave an answer that cannot be understood.");

    /// <summary>Too many requests per second.</summary>
    public static Refusal RateLimited { get; } = new(429, "rate_limited", "Too many requests. Try again after the time in Retry-After.");

    /// <summary>The circuit breaker is open.</summary>
    public static Refusal BreakerOpen { get; } = new(503, "breaker_open", "The service has failed too often and is not asked for a while.");

    /// <summary>The places and the queue are full.</summary>
    public static Refusal QueueFull { get; } = new(503, "queue_full", "The service has as many requests as it takes, and too many wait. Try again in a moment.");

    /// <summary>A place did not become free in time.</summary>
    public static Refusal QueueTimeout { get; } = new(503, "queue_timeout", "The service had no place for the request in time. Try again in a moment.");

    /// <summary>Every endpoint is at its limit, and the queue is full.</summary>
    public static Refusal EndpointsFull { get; } = new(503, "endpoints_full", "Every instance of the service has as many requests as it takes, and too many wait. Try again in a moment.");

    /// <summary>The adaptive limit is reached.</summary>
    public static Refusal Overloaded { get; } = new(503, "overloaded", "The service is overloaded. Try again in a moment.");

    /// <summary>The line of the request does not end.</summary>
    public static Refusal TargetTooLong { get; } = new(414, "bad_request", "The target of the request is too long.");

    /// <summary>The head of the request does not end.</summary>
    public static Refusal HeadTooLarge { get; } = new(431, "bad_request", "The header fields of the request are too large.");

    /// <summary>The status in words (RFC 9110 section 15).</summary>
    public string Phrase => Status switch
    {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    };

    /// <summary>True when it makes sense to come again: the answer says when, in Retry-After.</summary>
    public bool MayRetryLater => Status is 429 or 503;

    /// <summary>The value of that field: whole seconds (RFC 9110 section 10.2.3), and none is no wait at all.</summary>
    /// <param name="retryAfter">How long until it makes sense to come again; zero when not known.</param>
    public static long RetryAfterSeconds(TimeSpan retryAfter) => Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds));

    /// <summary>The same as <see cref="NoRoute"/> with the host in its text.</summary>
    /// <param name="host">What the client sent; only printable ASCII of it is shown.</param>
    public static Refusal NoRouteTo(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var shown = string.Concat(host.Take(100).Where(static c => c is > ' ' and < '\x7f' and not '"'));
        return NoRoute with { Text = $"No service is known for the host \"{shown}\" and this path. Is the name right, and is the service registered?" };
    }

    /// <summary>A request that cannot be passed on; which rule it breaks is the text.</summary>
    public static Refusal BadRequest(int status, string text) => new(status, "bad_request", text);

    /// <summary>The answer when the guard of the service refuses.</summary>
    public static Refusal Of(GuardAnswer answer) => answer switch
    {
        GuardAnswer.RateLimited => RateLimited,
        GuardAnswer.BreakerOpen => BreakerOpen,
        GuardAnswer.QueueFull => QueueFull,
        GuardAnswer.QueueTimeout => QueueTimeout,
        GuardAnswer.Overloaded => Overloaded,
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, null),
    };

    /// <summary>The answer when no attempt succeeded, by how the last one failed.</summary>
    public static Refusal Of(AttemptFailure failure) => failure switch
    {
        AttemptFailure.None => NoEndpoint,
        AttemptFailure.Connect => ConnectFailed,
        AttemptFailure.Shortage => Shortage,
        AttemptFailure.Timeout => UpstreamTimeout,
        AttemptFailure.ClientTimeout => ClientTimeout,
        _ => UpstreamError,
    };
}
