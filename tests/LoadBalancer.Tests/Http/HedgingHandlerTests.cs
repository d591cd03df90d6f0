using System.Collections.Concurrent;
using System.Net;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Outliers;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Http;
using LoadBalancer.Observability;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Tests.Http;

/// <summary>Which of two answers wins, and what the other says about its endpoint. Endpoint 1 is asked first, then 2.</summary>
public sealed class HedgingHandlerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Catalog _catalog;
    private readonly Exchange _exchange = new(null!, null!);
    private readonly Scripted _endpoints = new();
    private readonly HttpMessageInvoker _client;
    private readonly CancellationTokenSource _stop = new();

    public HedgingHandlerTests()
    {
        var policy = new ServicePolicy { Retry = new RetryPolicy { Hedge = new HedgeOptions { After = TimeSpan.FromSeconds(1) }, OnStatuses = new StatusSet(429) }, Outliers = new OutlierOptions { Statuses = [new StatusRange(500, 502)] } };
        _catalog = new Catalog(new CatalogOptions { PolicyFor = _ => policy }, new CatalogLog(NullLogger<CatalogLog>.Instance), new ConnectProbe(TimeSpan.FromSeconds(1), _time), _time, seed: 1);
        _catalog.Open("static", []).Observe("api", new Observation.Seen([Endpoint(1), Endpoint(2)]));
        _exchange.Dispatch.Begin(_catalog.Find("api")!, [], _time.GetTimestamp());
        _exchange.Dispatch.Next();
        _client = new HttpMessageInvoker(new HedgingHandler(_endpoints, _time));
    }

    [Fact]
    public async Task InTimeTheFirstAnswersAlone()
    {
        var asking = AskAsync();
        _time.Advance(TimeSpan.FromMilliseconds(999));
        _endpoints.Answer(1, HttpStatusCode.OK);

        Assert.Equal("10.0.0.1", await asking);
        Assert.Equal(1, _endpoints.Asked);
        AssertEnds("succeeded", 0, 0);
    }

    [Fact]
    public async Task AFirstThatFailsInTimeIsNotHedged()
    {
        var asking = AskAsync();
        _endpoints.Fail(1);

        await Assert.ThrowsAsync<HttpRequestException>(() => asking);
        Assert.Equal(1, _endpoints.Asked);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task TheFirstGoodAnswerWinsAndTheOtherIsCanceledAndSaysNothing(int winner, int loser)
    {
        var asking = await HedgedAsync();
        _endpoints.Answer(winner, HttpStatusCode.NotFound);

        Assert.Equal($"10.0.0.{winner}", await asking);
        await Eventually.True(() => _endpoints.IsCanceled(loser), "the loser is let go");
        Assert.False(_endpoints.IsCanceled(winner));
        AssertEnds("succeeded", 0, 0);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task AnAnswerThatWinsOverAFailureIsWaitedFor(int failing, int answering)
    {
        var asking = await HedgedAsync();
        _endpoints.Fail(failing);
        Assert.False(asking.IsCompleted);
        // Even one of the service's own failure is better than none.
        _endpoints.Answer(answering, HttpStatusCode.ServiceUnavailable);

        Assert.Equal($"10.0.0.{answering}", await asking);
        AssertEnds("succeeded", failing == 1 ? 1 : 0, failing == 2 ? 1 : 0);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, 1, 2)]
    [InlineData(HttpStatusCode.InternalServerError, 2, 1)]
    [InlineData(HttpStatusCode.TooManyRequests, 1, 2)]
    [InlineData(HttpStatusCode.TooManyRequests, 2, 1)]
    public async Task AnAnswerThatIsNoGoodWaitsForABetterOneAndCountsAsWhatItIs(HttpStatusCode bad, int failing, int answering)
    {
        var asking = await HedgedAsync();
        _endpoints.Answer(failing, bad);
        Assert.False(asking.IsCompleted);
        _endpoints.Answer(answering, HttpStatusCode.OK);

        Assert.Equal($"10.0.0.{answering}", await asking);
        await Eventually.True(() => _endpoints.IsDisposed(failing), "the answer is thrown away");
        var isError = bad == HttpStatusCode.InternalServerError;
        AssertEnds("succeeded", isError && failing == 1 ? 1 : 0, isError && failing == 2 ? 1 : 0);
    }

    [Fact]
    public async Task WhenBothFailTheFirstOnesFailureIsTheResult()
    {
        var asking = await HedgedAsync();
        _endpoints.Fail(2);
        _endpoints.Fail(1);

        Assert.Equal("endpoint 1", (await Assert.ThrowsAsync<HttpRequestException>(() => asking)).Message);
        AssertEnds("failed", 1, 1);
    }

    [Fact]
    public async Task WhoeverAskedMayCallBothOff()
    {
        var asking = await HedgedAsync();
        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        AssertEnds("canceled", 0, 0);
    }

    public void Dispose()
    {
        _client.Dispose();
        _endpoints.Dispose();
        _catalog.Dispose();
        _stop.Dispose();
    }

    private static ObservedEndpoint Endpoint(int number) => new() { Id = new EndpointId("", $"10.0.0.{number}:80"), Host = $"10.0.0.{number}", Port = 80 };

    /// <summary>The host that answered.</summary>
    private async Task<string> AskAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://10.0.0.1:80/");
        request.Options.Set(UpstreamClient.AttemptKey, new Attempt(new TimeoutOptions(), null) { Hedged = _exchange });
        using var answer = await _client.SendAsync(request, _stop.Token);
        return answer.RequestMessage!.RequestUri!.Host;
    }

    private async Task<Task<string>> HedgedAsync()
    {
        var asking = AskAsync();
        Assert.Equal(1, _endpoints.Asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => _endpoints.Asked == 2, "the hedge is sent");
        return asking;
    }

    /// <summary>Ends the request and compares what its leases have left at the two endpoints.</summary>
    private void AssertEnds(string outcome, long firstFailures, long secondFailures)
    {
        _exchange.Dispatch.End(Enum.Parse<LeaseOutcome>(outcome, ignoreCase: true));
        var endpoints = _catalog.Find("api")!.Snapshot.Endpoints;
        Assert.All(endpoints, static state => Assert.Equal(0, state.Endpoint.InFlight));
        Assert.Equal([firstFailures, secondFailures], endpoints.Select(static state => state.Endpoint.Failures));
    }

    /// <summary>Endpoints that answer when they are told to.</summary>
    private sealed class Scripted : HttpMessageHandler
    {
        private readonly Dictionary<int, (HttpRequestMessage Request, TaskCompletionSource<HttpResponseMessage> Answer, CancellationToken Stop)> _asked = [];
        private readonly ConcurrentDictionary<int, bool> _disposed = [];

        public int Asked
        {
            get
            {
                lock (_asked)
                {
                    return _asked.Count;
                }
            }
        }

        public void Answer(int endpoint, HttpStatusCode status)
        {
            var (request, answer, _) = Of(endpoint);
            answer.SetResult(new HttpResponseMessage(status) { RequestMessage = request, Content = new Noticing(() => _disposed.TryAdd(endpoint, true)) });
        }

        public void Fail(int endpoint) => Of(endpoint).Answer.SetException(new HttpRequestException(HttpRequestError.ResponseEnded, $"endpoint {endpoint}"));

        public bool IsCanceled(int endpoint) => Of(endpoint).Answer.Task.IsCanceled;

        public bool IsDisposed(int endpoint) => _disposed.ContainsKey(endpoint);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = new TaskCompletionSource<HttpResponseMessage>();
            cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
            lock (_asked)
            {
                _asked.Add(request.RequestUri!.Host[^1] - '0', (request, answer, cancellationToken));
            }
            return answer.Task;
        }

        private (HttpRequestMessage Request, TaskCompletionSource<HttpResponseMessage> Answer, CancellationToken Stop) Of(int endpoint)
        {
            lock (_asked)
            {
                return _asked[endpoint];
            }
        }
    }

    private sealed class Noticing(Action disposed) : ByteArrayContent([])
    {
        protected override void Dispose(bool disposing)
        {
            disposed();
            base.Dispose(disposing);
        }
    }
}
