using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// gRPC's health protocol over HTTP/2 without TLS: SERVING is passing, anything else critical. Every run opens its own
/// connection.
/// </summary>
/// <remarks><see href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md"/>, <see href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"/></remarks>
public sealed class GrpcCheck : IHealthCheck
{
    private const string Method = "grpc.health.v1.Health/Check";

    private readonly Uri _target;
    private readonly string? _host;
    private readonly byte[] _question;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <summary>Prepares the question.</summary>
    /// <param name="authority">"10.0.0.1:80".</param>
    /// <param name="service">The service that is asked about, as the server calls it; "" for the server as a whole.</param>
    /// <param name="host">What is sent as the authority; null for <paramref name="authority"/>.</param>
    /// <param name="timeout">The limit for one run.</param>
    /// <param name="time">The clock of the limit.</param>
    public GrpcCheck(string authority, string service, string? host, TimeSpan timeout, TimeProvider time)
    {
        _target = new Uri($"http://{authority}/{Method}");
        _host = host;
        _question = GrpcHealthMessage.Request(service);
        _timeout = timeout;
        _time = time;
    }

    /// <summary>The PROXY header with which the connection begins.</summary>
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <inheritdoc/>
    public Task<CheckResult> RunAsync(CancellationToken ct) => TimedCheck.RunAsync($"gRPC {_target.Authority}", AskAsync, _timeout, _time, ct);

    private async Task<CheckResult> AskAsync(CancellationToken ct)
    {
        using var client = CheckClient.Create(followRedirects: false, tlsSkipVerify: false, SendProxyProtocol);
        using var request = Request();
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return Failed($"HTTP {(int)response.StatusCode} from {Method}");
        }
        using var body = await response.Content.ReadAsStreamAsync(ct);
        // The answer takes seven bytes; trailers come after the end of the body.
        var answer = new byte[1024];
        var length = await body.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, ct);
        if (length == answer.Length)
        {
            return Failed($"the answer of {Method} is too long");
        }
        var code = Field(response, "grpc-status");
        if (code != "0")
        {
            return Failed($"gRPC status {code ?? "missing"} from {Method}{(Field(response, "grpc-message") is { Length: > 0 } message ? ": " + CheckOutput.FirstLine(Uri.UnescapeDataString(message)) : "")}");
        }
        if (GrpcHealthMessage.StatusOf(answer.AsSpan(0, length)) is not { } status)
        {
            return Failed($"the answer of {Method} is malformed");
        }
        var found = $"{GrpcHealthMessage.NameOf(status)} from {Method}";
        return status == GrpcHealthMessage.Serving ? new CheckResult(CheckStatus.Passing, found) { Summary = found } : Failed(found);
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _target)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(_question) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Host = _host;
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.Add("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(_timeout.TotalMilliseconds)}m"));
        request.Headers.Add("User-Agent", "lb-health-check");
        return request;
    }

    /// <summary>A field of the trailers; an answer without a body has it in its head.</summary>
    private static string? Field(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;

    private static CheckResult Failed(string reason) => new(CheckStatus.Critical, reason) { Summary = reason };
}
