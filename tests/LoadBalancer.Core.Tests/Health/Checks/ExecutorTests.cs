using System.Net;
using System.Net.Sockets;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Health.Active;
using LoadBalancer.Core.Health.Checks;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Tests.Support;
using LoadBalancer.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Endpoint = LoadBalancer.Core.Model.Endpoint;

namespace LoadBalancer.Core.Tests.Health.Checks;

/// <summary>The checks that a service's options ask for, against real subjects.</summary>
public sealed class ExecutorTests
{
    private static readonly ActiveCheckOptions s_http = new() { Type = ActiveCheckType.Http, Path = "/health?full=1", Timeout = TimeSpan.FromMinutes(1) };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200, CheckStatus.Passing)]
    [InlineData(204, CheckStatus.Passing)]
    [InlineData(399, CheckStatus.Passing)]
    [InlineData(400, CheckStatus.Critical)]
    [InlineData(503, CheckStatus.Critical)]
    public async Task An_http_check_goes_by_the_status(int code, CheckStatus status)
    {
        await using var subject = await WebSubject.AnsweringAsync(code);
        Assert.Equal((status, $"HTTP {code} from GET /health?full=1"), await RunAsync(s_http, subject.Port));
    }

    [Fact]
    public async Task Which_statuses_are_good_can_be_said()
    {
        await using var subject = await WebSubject.AnsweringAsync(404);
        var options = s_http with { Statuses = [new StatusRange(200, 200), new StatusRange(404, 404)] };
        Assert.Equal(CheckStatus.Passing, (await RunAsync(options, subject.Port)).Status);
    }

    [Fact]
    public async Task An_http_check_asks_as_it_is_told_on_a_connection_of_its_own()
    {
        string? seen = null;
        await using var subject = await WebSubject.StartAsync(context =>
        {
            var request = context.Request;
            seen = $"{request.Method} {request.Path}{request.QueryString} {request.Protocol} {request.Host} {request.Headers.UserAgent}";
            return Task.CompletedTask;
        });
        for (var i = 1; i <= 2; i++)
        {
            await RunAsync(s_http with { Method = "HEAD", Host = "api.example.com:81" }, subject.Port);
            Assert.Equal("HEAD /health?full=1 HTTP/1.1 api.example.com:81 lb-health-check", seen);
            Assert.Equal(i, subject.Connections);
        }
        await RunAsync(s_http, subject.Port);
        Assert.Equal($"GET /health?full=1 HTTP/1.1 {subject.Address} lb-health-check", seen);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        await using var subject = await WebSubject.StartAsync(static context =>
        {
            context.Response.Redirect("/elsewhere");
            return context.Request.Path == "/health" ? Task.CompletedTask : throw new InvalidOperationException("followed");
        });
        Assert.Equal((CheckStatus.Passing, "HTTP 302 from GET /health?full=1"), await RunAsync(s_http, subject.Port));
        Assert.Equal(CheckStatus.Critical, (await RunAsync(s_http with { Statuses = [new StatusRange(200, 299)] }, subject.Port)).Status);
    }

    [Theory]
    [InlineData("all is well", "well", CheckStatus.Passing)]
    [InlineData("all is WELL", "well", CheckStatus.Critical)]
    [InlineData("", "well", CheckStatus.Critical)]
    public async Task The_body_must_contain_what_is_asked_for(string body, string contains, CheckStatus status)
    {
        await using var subject = await WebSubject.AnsweringAsync(200, body);
        var (found, summary) = await RunAsync(s_http with { BodyContains = contains }, subject.Port);
        Assert.Equal(status, found);
        Assert.Equal(status == CheckStatus.Passing ? "HTTP 200 from GET /health?full=1" : "the answer to GET /health?full=1 lacks \"well\"", summary);
    }

    [Theory]
    [InlineData((16 * 1024) - 4, CheckStatus.Passing)]
    [InlineData((16 * 1024) - 3, CheckStatus.Critical)]
    public async Task So_much_of_a_body_is_read_and_no_more(int before, CheckStatus status)
    {
        // It never ends: who read on would wait.
        await using var subject = await WebSubject.StartAsync(async context =>
        {
            await context.Response.WriteAsync(new string('x', before) + "well" + new string('x', 1000), context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        Assert.Equal(status, (await RunAsync(s_http with { BodyContains = "well" }, subject.Port)).Status);
    }

    [Fact]
    public async Task A_service_of_http_2_is_asked_in_it_but_not_on_another_port()
    {
        await using var h2c = await WebSubject.StartAsync(static context => context.Response.WriteAsync(context.Request.Protocol), HttpProtocols.Http2);
        await using var http1 = await WebSubject.StartAsync(static context => context.Response.WriteAsync(context.Request.Protocol));
        var options = s_http with { BodyContains = "HTTP/2" };
        Assert.Equal(CheckStatus.Passing, (await RunAsync(options, h2c.Port, UpstreamProtocol.H2c)).Status);
        options = s_http with { BodyContains = "HTTP/1.1", Port = http1.Port };
        Assert.Equal(CheckStatus.Passing, (await RunAsync(options, h2c.Port, UpstreamProtocol.H2c)).Status);
    }

    [Theory]
    [InlineData(ActiveCheckType.Http)]
    [InlineData(ActiveCheckType.Grpc)]
    public async Task One_that_accepts_and_says_nothing_fails_in_time(ActiveCheckType type)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = new ActiveCheckOptions { Type = type, Timeout = TimeSpan.FromMilliseconds(50) };
        Assert.Equal((CheckStatus.Critical, "no answer within 0.05 s"), await RunAsync(options, ((IPEndPoint)silent.LocalEndpoint).Port));
    }

    [Theory]
    [InlineData(ActiveCheckType.Http)]
    [InlineData(ActiveCheckType.Tcp)]
    [InlineData(ActiveCheckType.Grpc)]
    public async Task A_closed_port_fails(ActiveCheckType type)
    {
        var (status, summary) = await RunAsync(s_http with { Type = type }, Ports.Free());
        Assert.Equal((CheckStatus.Critical, new SocketException((int)SocketError.ConnectionRefused).Message), (status, summary));
    }

    [Theory]
    [InlineData(ActiveCheckType.Http)]
    [InlineData(ActiveCheckType.Tcp)]
    [InlineData(ActiveCheckType.Grpc)]
    public async Task Nonsense_for_an_answer_fails_or_is_none_of_its_business(ActiveCheckType type)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var babbling = BabbleAsync(listener);
        var (status, summary) = await RunAsync(s_http with { Type = type }, ((IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Equal(type == ActiveCheckType.Tcp ? CheckStatus.Passing : CheckStatus.Critical, status);
        Assert.NotEmpty(summary!);
        listener.Stop();
        await babbling;

        static async Task BabbleAsync(TcpListener listener)
        {
            try
            {
                while (true)
                {
                    using var socket = await listener.AcceptSocketAsync();
                    await socket.SendAsync("\u001b[2Jhallo, who is there?\r\n\r\n"u8.ToArray());
                }
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
            }
        }
    }

    [Fact]
    public async Task A_tcp_check_may_ask_another_port()
    {
        await using var subject = await WebSubject.AnsweringAsync(200);
        var options = new ActiveCheckOptions { Type = ActiveCheckType.Tcp, Port = subject.Port };
        Assert.Equal((CheckStatus.Passing, "connected"), await RunAsync(options, Ports.Free()));
    }

    [Theory]
    // Of HealthCheckResponse: SERVING, NOT_SERVING, SERVICE_UNKNOWN, left out.
    [InlineData("0801", CheckStatus.Passing, "SERVING from grpc.health.v1.Health/Check")]
    [InlineData("0802", CheckStatus.Critical, "NOT_SERVING from grpc.health.v1.Health/Check")]
    [InlineData("0803", CheckStatus.Critical, "SERVICE_UNKNOWN from grpc.health.v1.Health/Check")]
    [InlineData("", CheckStatus.Critical, "UNKNOWN from grpc.health.v1.Health/Check")]
    [InlineData("08", CheckStatus.Critical, "the answer of grpc.health.v1.Health/Check is malformed")]
    public async Task A_grpc_check_goes_by_the_serving_status(string message, CheckStatus status, string summary)
    {
        await using var subject = await GrpcAsync("cart", context => AnswerAsync(context, Convert.FromHexString(message), "0"));
        var options = s_http with { Type = ActiveCheckType.Grpc, GrpcService = "cart" };
        Assert.Equal((status, summary), await RunAsync(options, subject.Port));
    }

    [Fact]
    public async Task A_grpc_check_fails_with_the_status_of_the_call()
    {
        // Trailers only: the status is in the head, and there is no body.
        await using var unknown = await GrpcAsync("", static context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "no%20such service";
            return Task.CompletedTask;
        });
        var options = s_http with { Type = ActiveCheckType.Grpc };
        Assert.Equal((CheckStatus.Critical, "gRPC status 5 from grpc.health.v1.Health/Check: no such service"), await RunAsync(options, unknown.Port));

        await using var failing = await GrpcAsync("", static context => AnswerAsync(context, [8, 1], "13"));
        Assert.Equal((CheckStatus.Critical, "gRPC status 13 from grpc.health.v1.Health/Check"), await RunAsync(options, failing.Port));

        await using var web = await WebSubject.StartAsync(static context => context.Response.WriteAsync("hallo"), HttpProtocols.Http2);
        Assert.Equal((CheckStatus.Critical, "gRPC status missing from grpc.health.v1.Health/Check"), await RunAsync(options, web.Port));
    }

    [Fact]
    public async Task A_grpc_answer_without_end_is_not_read_to_the_end()
    {
        await using var subject = await GrpcAsync("", static async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[1024], context.RequestAborted);
            }
        });
        Assert.Equal((CheckStatus.Critical, "the answer of grpc.health.v1.Health/Check is too long"), await RunAsync(s_http with { Type = ActiveCheckType.Grpc }, subject.Port));
    }

    [Theory]
    [InlineData(ActiveCheckType.Grpc)]
    [InlineData(ActiveCheckType.Http)]
    public async Task Every_check_over_http_2_has_a_connection_of_its_own_that_is_closed(ActiveCheckType type)
    {
        await using var subject = await WebSubject.StartAsync(static context => AnswerAsync(context, [8, 1], "0"), HttpProtocols.Http2);
        var endpoint = EndpointAt(subject.Port);
        var check = ActiveChecks.Create(new ServicePolicy { Check = s_http with { Type = type }, Protocol = UpstreamProtocol.H2c }, endpoint, TimeProvider.System);
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(CheckStatus.Passing, (await check.RunAsync(Ct)).Status);
            Assert.Equal(i, subject.Connections);
        }
        await Eventually.True(() => subject.Open == 0, "all are closed");
    }

    [Theory]
    [InlineData(ActiveCheckType.Http, ProxyProtocolVersion.V1)]
    [InlineData(ActiveCheckType.Http, ProxyProtocolVersion.V2)]
    [InlineData(ActiveCheckType.Grpc, ProxyProtocolVersion.V2)]
    [InlineData(ActiveCheckType.Tcp, ProxyProtocolVersion.V1)]
    [InlineData(ActiveCheckType.Tcp, ProxyProtocolVersion.V2)]
    public async Task An_endpoint_that_expects_a_PROXY_header_gets_one_of_the_balancers_own(ActiveCheckType type, ProxyProtocolVersion version)
    {
        using var subject = new Capture();
        var policy = new ServicePolicy { Check = s_http with { Type = type }, SendProxyProtocol = version };
        var check = ActiveChecks.Create(policy, EndpointAt(subject.Port), TimeProvider.System).RunAsync(Ct);

        var header = ProxyHeaderReader.Read(await subject.FirstBytesAsync(static bytes => ProxyHeaderReader.Read(bytes).Status != PrefaceStatus.Incomplete));

        Assert.Equal((PrefaceStatus.Complete, version == ProxyProtocolVersion.V2), (header.Status, header.Header.IsLocal));
        Assert.Equal(version == ProxyProtocolVersion.V1 ? $"127.0.0.1:{subject.Port}" : "", header.Header.Destination.ToString());
        // HttpClient asks again on another connection, which nobody is to take.
        subject.Dispose();
        await check;
    }

    [Fact]
    public async Task A_check_on_another_port_sends_no_PROXY_header()
    {
        using var subject = new Capture();
        var policy = new ServicePolicy { Check = s_http with { Port = subject.Port }, SendProxyProtocol = ProxyProtocolVersion.V1 };
        var check = ActiveChecks.Create(policy, EndpointAt(1), TimeProvider.System).RunAsync(Ct);

        Assert.Equal("GET ", System.Text.Encoding.Latin1.GetString(await subject.FirstBytesAsync(static bytes => bytes.Length >= 4))[..4]);
        // HttpClient asks again on another connection, which nobody is to take.
        subject.Dispose();
        await check;
    }

    [Theory]
    [InlineData("exit 0", CheckStatus.Passing, "exit code 0 of sh")]
    [InlineData("echo; echo tired; echo more; exit 1", CheckStatus.Warning, "exit code 1 of sh: tired")]
    [InlineData("echo broken >&2; exit 7", CheckStatus.Critical, "exit code 7 of sh: broken")]
    [InlineData("test \"$LB_SERVICE $LB_ADDRESS $LB_HOST $LB_PORT\" = 'api 127.0.0.1:81 127.0.0.1 81'", CheckStatus.Passing, "exit code 0 of sh")]
    public async Task A_command_knows_whom_to_check_and_says_so_by_its_exit_code(string script, CheckStatus status, string summary)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var options = new ActiveCheckOptions { Type = ActiveCheckType.Command, Command = ["sh", "-c", script], Timeout = TimeSpan.FromMinutes(1) };
        Assert.Equal((status, summary), await RunAsync(options, 81));
    }

    [Fact]
    public async Task A_command_that_does_not_end_has_failed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        var options = new ActiveCheckOptions { Type = ActiveCheckType.Command, Command = ["sh", "-c", "sleep 600 & wait"], Timeout = TimeSpan.FromMilliseconds(50) };
        var (status, summary) = await RunAsync(options, 81);
        Assert.Equal((CheckStatus.Critical, "sh did not end within 0.05 s and was killed"), (status, summary));
    }

    [Fact]
    public async Task A_check_that_is_stopped_throws()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        foreach (var type in new[] { ActiveCheckType.Http, ActiveCheckType.Tcp, ActiveCheckType.Grpc })
        {
            var check = ActiveChecks.Create(new ServicePolicy { Check = s_http with { Type = type } }, EndpointAt(1), TimeProvider.System);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.RunAsync(stopped.Token));
        }
    }

    private static Endpoint EndpointAt(int port)
    {
        using var world = TestCatalog.Of(default(Core.Balancing.BalanceAlgorithm), TestCatalog.Up("a"));
        return new Endpoint(world["api"], new EndpointId("n", "a"), "127.0.0.1", port);
    }

    private static async Task<(CheckStatus Status, string? Summary)> RunAsync(ActiveCheckOptions options, int port, UpstreamProtocol protocol = UpstreamProtocol.Http1)
    {
        var check = ActiveChecks.Create(new ServicePolicy { Check = options, Protocol = protocol }, EndpointAt(port), TimeProvider.System);
        var result = await check.RunAsync(Ct);
        Assert.False(result.IsShortage);
        return (result.Status, result.Summary ?? result.Output);
    }

    /// <summary>A server of grpc.health.v1.Health, by hand, that demands what the protocol demands.</summary>
    private static Task<WebSubject> GrpcAsync(string service, RequestDelegate answer) => WebSubject.StartAsync(
        async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var request = context.Request;
            if (request is { Method: "POST", Protocol: "HTTP/2", ContentType: "application/grpc" } && request.Path == "/grpc.health.v1.Health/Check"
                && request.Headers.TE == "trailers" && request.Headers["grpc-timeout"] == "60000m" && body.ToArray().AsSpan().SequenceEqual(GrpcHealthMessage.Request(service)))
            {
                await answer(context);
            }
            else
            {
                context.Response.StatusCode = 400;
            }
        },
        HttpProtocols.Http2);

    private static async Task AnswerAsync(HttpContext context, byte[] message, string status)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, (byte)message.Length }.Concat(message).ToArray(), context.RequestAborted);
        context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers["grpc-status"] = status;
    }
}
