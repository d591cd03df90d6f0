using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LoadBalancer.Discovery.Consul.Client;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Discovery.Consul;

/// <summary>
/// The calls of Consul's HTTP interface that the balancer makes, and no others
/// (https://developer.hashicorp.com/consul/api-docs). Every failure is a <see cref="ConsulException"/>. One failed call
/// moves all later ones to the next agent. Safe to call from many threads; shared by source and registration.
/// </summary>
public sealed partial class ConsulClient : IDisposable
{
    // What is not a watch answers at once.
    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromSeconds(10);
    private static readonly Func<HttpResponseMessage, CancellationToken, Task<bool>> s_nothing = static (_, _) => Task.FromResult(true);

    private readonly ConsulOptions _options;
    private readonly AgentAddress[] _agents;
    private readonly TokenSource _token;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpMessageInvoker _watches;
    private readonly HttpMessageInvoker _requests;
    private int _current;

    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="IOException">A TLS file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A TLS file is malformed.</exception>
    public ConsulClient(ConsulOptions options, TimeProvider time, ILogger<ConsulClient> logger)
        : this(options, time, logger, static handler => handler)
    {
    }

    internal ConsulClient(ConsulOptions options, TimeProvider time, ILogger<ConsulClient> logger, Func<HttpMessageHandler, HttpMessageHandler> wrap)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _token = new TokenSource(options);
        _agents = AgentAddress.All(options);
        // Two pools: a watch holds its connection for minutes, and must never leave none for what has to be asked now.
        _watches = new(wrap(AgentTransport.Create(options, _agents, options.MaxConnections - RequestConnections)));
        _requests = new(wrap(AgentTransport.Create(options, _agents, RequestConnections)));
    }

    /// <summary>Connections kept apart for everything that is not a watch.</summary>
    internal const int RequestConnections = 14;

    internal int AgentCount => _agents.Length;

    /// <summary>The agent that the next call asks.</summary>
    internal AgentAddress Agent => _agents[Volatile.Read(ref _current)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _watches.Dispose();
        _requests.Dispose();
    }

    /// <summary>/v1/catalog/services: every service's name and tags.</summary>
    internal Task<ConsulAnswer<Dictionary<string, string[]?>>> ServicesAsync(ConsulQuery query, CancellationToken cancel) =>
        ReadAsync("/v1/catalog/services", [], query, ConsulJson.Default.DictionaryStringStringArray, cancel);

    /// <summary>/v1/health/service/&lt;name&gt;: every instance in whatever state.</summary>
    internal Task<ConsulAnswer<HealthEntry[]>> HealthAsync(string service, ConsulQuery query, CancellationToken cancel)
    {
        List<string> parameters = [];
        if (_options.Tag is not null)
        {
            parameters.Add("tag=" + Uri.EscapeDataString(_options.Tag));
        }
        if (_options.Near is not null)
        {
            parameters.Add("near=" + Uri.EscapeDataString(_options.Near));
        }
        return ReadAsync("/v1/health/service/" + Uri.EscapeDataString(service), parameters, query, ConsulJson.Default.HealthEntryArray, cancel);
    }

    /// <summary>/v1/health/state/any: every check of every node and instance.</summary>
    internal Task<ConsulAnswer<HealthCheck[]>> ChecksAsync(ConsulQuery query, CancellationToken cancel) =>
        ReadAsync("/v1/health/state/any", [], query, ConsulJson.Default.HealthCheckArray, cancel);

    /// <summary>Registers with the current agent, which is returned.</summary>
    internal async Task<AgentAddress> RegisterAsync(ServiceRegistration registration, CancellationToken cancel)
    {
        var agent = Agent;
        using var body = JsonContent.Create(registration, ConsulJson.Default.ServiceRegistration);
        await CallAsync(new(HttpMethod.Put, "/v1/agent/service/register", "service:write") { Parameters = "?replace-existing-checks=true", Body = body }, agent, s_nothing, cancel);
        return agent;
    }

    /// <summary>Asks the current agent, which is returned, whether it knows the registration.</summary>
    internal async Task<(AgentAddress Agent, bool Known)> KnowsAsync(string id, CancellationToken cancel)
    {
        var agent = Agent;
        try
        {
            return (agent, await CallAsync(new(HttpMethod.Get, "/v1/agent/service/" + Uri.EscapeDataString(id), "service:read"), agent, s_nothing, cancel));
        }
        catch (ConsulException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return (agent, false);
        }
    }

    /// <summary>Deregisters from this agent; harmless when it does not know the registration.</summary>
    internal async Task DeregisterAsync(AgentAddress agent, string id, CancellationToken cancel)
    {
        try
        {
            await CallAsync(new(HttpMethod.Put, "/v1/agent/service/deregister/" + Uri.EscapeDataString(id), "service:write"), agent, s_nothing, cancel);
        }
        catch (ConsulException e) when (e.Status == HttpStatusCode.NotFound || e.Message.Contains("Unknown service", StringComparison.Ordinal))
        {
            // Gone already: older agents answer 500, newer ones 404.
        }
    }

    private Task<ConsulAnswer<T>> ReadAsync<T>(string path, List<string> parameters, ConsulQuery query, JsonTypeInfo<T> type, CancellationToken cancel)
        where T : class
    {
        if (query.Stale)
        {
            parameters.Add("stale");
        }
        if (query.Datacenter is not null)
        {
            parameters.Add("dc=" + Uri.EscapeDataString(query.Datacenter));
        }
        var call = new Call(HttpMethod.Get, path, "service:read and node:read");
        if (query.Index > 0)
        {
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"index={query.Index}&wait={(long)query.Wait.TotalMilliseconds}ms"));
            // Beyond Consul's own sixteenth, a watch gets what the silence timeout leaves beyond the longest wait.
            call = call with { IsWatch = true, Timeout = (query.Wait * 17 / 16) + (_options.SilenceTimeout - (_options.Wait * 17 / 16)) };
        }
        return CallAsync(call with { Parameters = parameters.Count == 0 ? "" : "?" + string.Join('&', parameters) }, Agent, ParseAsync, cancel);

        async Task<ConsulAnswer<T>> ParseAsync(HttpResponseMessage response, CancellationToken within)
        {
            await using var body = await response.Content.ReadAsStreamAsync(within);
            var value = await JsonSerializer.DeserializeAsync(body, type, within) ?? throw new JsonException("the body is null");
            if (!ulong.TryParse(Header(response, "X-Consul-Index"), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                throw new JsonException("no X-Consul-Index; is this a Consul agent?");
            }
            return new(value, index, Header(response, "X-Consul-KnownLeader") != "false", Header(response, "X-Consul-Results-Filtered-By-ACLs") == "true");
        }
    }

    private async Task<T> CallAsync<T>(Call call, AgentAddress agent, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var silence = new CancellationTokenSource(call.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        try
        {
            using var request = Request(call, agent);
            using var response = await (call.IsWatch ? _watches : _requests).SendAsync(request, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusedAsync(call, agent, response, either.Token);
            }
            return await read(response, either.Token);
        }
        catch (ConsulException e)
        {
            // A refusal for want of rights, or a bad request, would be the same at every agent.
            if (e.Status is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests)
            {
                GiveUpOn(agent);
            }
            throw;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            GiveUpOn(agent);
            throw new ConsulException(agent.Text, call.Name, $"no answer within {call.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            GiveUpOn(agent);
            throw new ConsulException(agent.Text, call.Name, Reason(e), inner: e);
        }
        catch (JsonException e)
        {
            GiveUpOn(agent);
            throw new ConsulException(agent.Text, call.Name, "malformed answer: " + PlainText.FirstLine(e.Message), inner: e);
        }
    }

    private HttpRequestMessage Request(Call call, AgentAddress agent)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(agent.Base, call.Path.TrimStart('/') + call.Parameters)) { Content = call.Body };
        if (_options.Tls.ServerName is { } name && agent.Base.Scheme == Uri.UriSchemeHttps)
        {
            // The handler takes the name for SNI and verification from here, else from the address.
            request.Headers.Host = name;
        }
        try
        {
            if (_token.Current is { } token)
            {
                request.Headers.TryAddWithoutValidation("X-Consul-Token", token);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            request.Dispose();
            throw new ConsulException(agent.Text, call.Name, "the token file cannot be read: " + e.Message);
        }
        if (_options.HttpAuth is { } auth)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(auth)));
        }
        return request;
    }

    private static async Task<ConsulException> RefusedAsync(Call call, AgentAddress agent, HttpResponseMessage response, CancellationToken cancel)
    {
        var said = PlainText.FirstLine(await response.Content.ReadAsStringAsync(cancel));
        var problem = $"{(int)response.StatusCode} {response.StatusCode}{(said.Length > 0 ? ": " + said : "")}";
        return new(agent.Text, call.Name, response.StatusCode == HttpStatusCode.Forbidden ? $"{problem}; the token must have {call.Rights}" : problem, response.StatusCode);
    }

    private void GiveUpOn(AgentAddress agent)
    {
        var at = Array.IndexOf(_agents, agent);
        var next = (at + 1) % _agents.Length;
        // Many calls fail on one agent at the same time; only the first of them moves on.
        if (next != at && Interlocked.CompareExchange(ref _current, next, at) == at)
        {
            LogNextAgent(agent.Text, _agents[next].Text);
        }
    }

    private static string Reason(Exception e) => PlainText.FirstLine(e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} ({inner.Message})" : e.Message);

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consul agent {Agent} failed; asking {Next} from now on")]
    private partial void LogNextAgent(string agent, string next);

    private sealed record Call(HttpMethod Method, string Path, string Rights)
    {
        public string Parameters { get; init; } = "";

        public HttpContent? Body { get; init; }

        public bool IsWatch { get; init; }

        public TimeSpan Timeout { get; init; } = s_requestTimeout;

        public string Name => $"{Method} {Path}";
    }
}
