using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// An HTTP request: 2xx is passing, 429 warning, anything else critical. Every run opens its own connection, so that it
/// also finds out whether the subject still accepts any. Redirects are followed.
/// </summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#http-checks"/></remarks>
public sealed class HttpCheck : IHealthCheck, IDisposable
{
    private readonly HttpCheckOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;

    /// <summary>Prepares the client; no connection is opened before the first run.</summary>
    public HttpCheck(HttpCheckOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _client = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = Request();
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            using var body = new StreamReader(await response.Content.ReadAsStreamAsync(linked.Token));
            var output = await CheckOutput.HeadAsync(body, linked.Token);
            var code = (int)response.StatusCode;
            var status = code switch
            {
                >= 200 and < 300 => CheckStatus.Passing,
                429 => CheckStatus.Warning,
                _ => CheckStatus.Critical,
            };
            return new CheckResult(status, $"HTTP {_options.Method} {_options.Target}: {code} {response.ReasonPhrase} Output: {output}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"no answer within {_options.Timeout.TotalSeconds:0.###} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or FormatException)
        {
            return Failed(e.InnerException?.Message ?? e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private CheckResult Failed(string reason) => new(CheckStatus.Critical, $"HTTP {_options.Method} {_options.Target}: {reason}");

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new HttpMethod(_options.Method), _options.Target);
        if (_options.Body.Length > 0)
        {
            request.Content = new StringContent(_options.Body);
            request.Content.Headers.ContentType = null;
        }
        request.Headers.TryAddWithoutValidation("User-Agent", "Consul Health Check");
        request.Headers.TryAddWithoutValidation("Accept", "text/plain, text/*, */*");
        foreach (var (name, values) in _options.Headers)
        {
            request.Headers.Remove(name);
            if (!request.Headers.TryAddWithoutValidation(name, values))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }
        return request;
    }

    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "Only where the check's own tls_skip_verify says so.")]
    private static SocketsHttpHandler Handler(HttpCheckOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.Zero,
            UseProxy = false,
            UseCookies = false,
        };
        if (options.TlsSkipVerify)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }
        return handler;
    }
}
