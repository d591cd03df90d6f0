namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// An HTTP request: an expected status is passing, 429 warning, anything else critical. Every run opens its own
/// connection, so that it also finds out whether the subject still accepts any.
/// </summary>
/// <param name="options">What is asked, and what is to be answered.</param>
/// <param name="time">The clock of the time limit.</param>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#http-checks"/></remarks>
public sealed class HttpCheck(HttpCheckOptions options, TimeProvider time) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<CheckResult> RunAsync(CancellationToken ct) =>
        TimedCheck.RunAsync($"HTTP {options.Method} {options.Target}", AskAsync, options.Timeout, time, ct);

    private async Task<CheckResult> AskAsync(CancellationToken ct)
    {
        using var client = CheckClient.Create(options.FollowRedirects, options.TlsSkipVerify, options.SendProxyProtocol);
        using var request = Request();
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        var body = await CheckOutput.HeadAsync(reader, ct, options.BodyContains.Length == 0 ? CheckOutput.Limit : HttpCheckOptions.BodyLimit);
        var code = (int)response.StatusCode;
        var isExpected = options.Expected.Any(range => range.Contains(code));
        var isMatch = body.Contains(options.BodyContains, StringComparison.Ordinal);
        var status = (isExpected, isMatch) switch
        {
            (true, true) => CheckStatus.Passing,
            (false, _) when code == 429 => CheckStatus.Warning,
            _ => CheckStatus.Critical,
        };
        var question = $"{options.Method} {options.Target.PathAndQuery}";
        return new CheckResult(status, $"HTTP {options.Method} {options.Target}: {code} {response.ReasonPhrase} Output: {body[..Math.Min(body.Length, CheckOutput.Limit)]}")
        {
            Summary = isExpected && !isMatch ? $"the answer to {question} lacks \"{options.BodyContains}\"" : $"HTTP {code} from {question}",
        };
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new HttpMethod(options.Method), options.Target)
        {
            Version = options.Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (options.Body.Length > 0)
        {
            request.Content = new StringContent(options.Body);
            request.Content.Headers.ContentType = null;
        }
        request.Headers.TryAddWithoutValidation("User-Agent", "Consul Health Check");
        request.Headers.TryAddWithoutValidation("Accept", "text/plain, text/*, */*");
        foreach (var (name, values) in options.Headers)
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
}
