using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using LoadBalancer.IntegrationTests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LoadBalancer.IntegrationTests.Http;

/// <summary>HTTP/2, gRPC and WebSocket.</summary>
public sealed class ProtocolTests(ProtocolTests.Fixture fixture) : IClassFixture<ProtocolTests.Fixture>
{
    private LbProcess Lb => fixture.Lb;

    [Fact(Timeout = 60_000)]
    public async Task HTTP_2_with_prior_knowledge_is_served_on_the_same_port_with_many_streams_at_once()
    {
        using var client = Lb.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var body = new byte[i * 500];
            new Random(i).NextBytes(body);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"echo/{i}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body), Headers = { Host = "web.haproxy.service.consul" } };
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            var echoed = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            return (response.Version, response.StatusCode, echoed.Length, body.AsSpan().SequenceEqual(echoed));
        }));

        Assert.All(answers.Select(static (answer, i) => (answer, i)), static one => Assert.Equal((HttpVersion.Version20, HttpStatusCode.OK, one.i * 500, true), one.answer));
        await Lb.WaitForIdleAsync("web");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_h2c_endpoint_is_reached_from_every_version(string version)
    {
        using var client = Lb.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "echo/x%2Fy?z") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent("body"), Headers = { Host = "grpc.haproxy.service.consul" } };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("body", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("HTTP/2 /echo/x%2Fy?z grpc.haproxy.service.consul", string.Join("", response.Headers.GetValues("X-Seen")));
    }

    /// <summary>A gRPC call as it looks on the wire: both directions stream at once, the status comes in the trailers.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_call_that_streams_both_ways_passes_with_its_trailers()
    {
        using var client = Lb.Client();
        var requestBody = new DuplexContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = requestBody, Headers = { Host = "grpc.haproxy.service.consul" } };
        request.Headers.TE.ParseAdd("trailers");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var answers = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        for (var i = 0; i < 5; i++)
        {
            await requestBody.WriteAsync([(byte)i, 1, 2]);
            await answers.ReadExactlyAsync(buffer.AsMemory(0, 3), TestContext.Current.CancellationToken);
            Assert.Equal([(byte)i, 1, 2], buffer[..3]);
        }
        requestBody.Complete();
        Assert.Equal(0, await answers.ReadAsync(buffer, TestContext.Current.CancellationToken));

        Assert.Equal("trailers", string.Join("", response.Headers.GetValues("X-TE")));
        Assert.Equal("0", string.Join("", response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("fine", string.Join("", response.TrailingHeaders.GetValues("grpc-message")));
    }

    [Fact]
    public async Task A_stream_that_the_client_cancels_ends_at_the_endpoint()
    {
        using var client = Lb.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "hang") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Headers = { Host = "grpc.haproxy.service.consul" } };
        using var cancel = new CancellationTokenSource();
        var asked = client.SendAsync(request, cancel.Token);
        await Lb.WaitForInFlightAsync("grpc", 1);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Lb.WaitForIdleAsync("grpc");
        Assert.Equal(0, (await Lb.EndpointAsync("grpc", fixture.Grpc!.Address)).GetProperty("failures").GetInt64());
    }

    [Fact]
    public async Task An_h2c_service_whose_endpoint_speaks_HTTP_1_only_is_502()
    {
        await using var endpoint = await KestrelEndpoint.StartAsync(static context => context.Response.WriteAsync("1"));
        Lb.Config.Policy("wrong", """{ "protocol": "h2c" }""");
        await Lb.UseAsync("wrong", endpoint.Address);

        Assert.Equal(502, (await Lb.GetAsync("wrong.haproxy.service.consul")).Status);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_WebSocket_carries_frames_of_every_size_both_ways_and_its_close(string version)
    {
        using var invoker = Lb.Client();
        using var socket = await ConnectAsync(invoker, version, "socket");
        var random = new Random(1);
        var received = new byte[200_000];
        foreach (var size in (int[])[0, 1, 125, 126, 65_535, 65_536, 200_000])
        {
            var frame = new byte[size];
            random.NextBytes(frame);
            await socket.SendAsync(frame, WebSocketMessageType.Binary, true, TestContext.Current.CancellationToken);
            var count = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(received.AsMemory(count), TestContext.Current.CancellationToken);
                count += result.Count;
            }
            while (!result.EndOfMessage);
            Assert.Equal(SHA256.HashData(frame), SHA256.HashData(received.AsSpan(0, count)));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", TestContext.Current.CancellationToken);

        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (socket.CloseStatus, socket.CloseStatusDescription));
        await Lb.WaitForIdleAsync("web");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_WebSocket_whose_endpoint_dies_breaks_for_the_client()
    {
        using var invoker = Lb.Client();
        using var socket = await ConnectAsync(invoker, "1.1", "abort");

        await socket.SendAsync(new byte[1], WebSocketMessageType.Binary, true, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<WebSocketException>(async () => await socket.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken));
        await Lb.WaitForIdleAsync("web");
    }

    [Fact]
    public async Task A_WebSocket_that_the_endpoint_refuses_is_refused()
    {
        using var invoker = Lb.Client();

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(invoker, "1.1", "forbidden"));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        await Lb.WaitForIdleAsync("web");
    }

    [Fact]
    public async Task A_WebSocket_whose_client_vanishes_ends_at_the_endpoint()
    {
        using var invoker = Lb.Client();
        using var socket = await ConnectAsync(invoker, "1.1", "socket");
        await Lb.WaitForInFlightAsync("web", 1);

        socket.Abort();

        await Lb.WaitForIdleAsync("web");
    }

    private async Task<ClientWebSocket> ConnectAsync(HttpClient invoker, string version, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "web.haproxy.service.consul");
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        try
        {
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Lb.Config.WebPort}/{path}"), invoker, TestContext.Current.CancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class DuplexContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task WriteAsync(byte[] bytes)
        {
            var stream = await _stream.Task;
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
        }

        public void Complete() => _completed.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            _stream.SetResult(stream);
            await _completed.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }

    public sealed class Fixture : LbFixture, IAsyncLifetime
    {
        public KestrelEndpoint? Web { get; private set; }

        public KestrelEndpoint? Grpc { get; private set; }

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            Web = await KestrelEndpoint.StartAsync(AnswerAsync);
            Grpc = await KestrelEndpoint.StartAsync(AnswerAsync, HttpProtocols.Http2);
            await InitializeAsync();
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await Web!.DisposeAsync();
            await Grpc!.DisposeAsync();
        }

        protected override void Configure(LbConfig config) => config
            .Service("web", Web!.Address)
            .Service("grpc", Grpc!.Address)
            .Policy("grpc", """{ "protocol": "h2c" }""");

        private static async Task AnswerAsync(HttpContext context)
        {
            var (request, response) = (context.Request, context.Response);
            response.Headers["X-Seen"] = $"{request.Protocol} {context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget} {request.Host}";
            response.Headers["X-TE"] = request.Headers.TE;
            switch (request.Path.Value)
            {
                case "/chat":
                    response.ContentType = "application/grpc";
                    await response.StartAsync();
                    await response.Body.FlushAsync();
                    var buffer = new byte[100];
                    while (await request.Body.ReadAsync(buffer) is var count and > 0)
                    {
                        await response.Body.WriteAsync(buffer.AsMemory(0, count));
                        await response.Body.FlushAsync();
                    }
                    response.AppendTrailer("grpc-status", "0");
                    response.AppendTrailer("grpc-message", "fine");
                    break;
                case "/hang":
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    break;
                case "/forbidden":
                    response.StatusCode = 403;
                    break;
                case "/socket" or "/abort":
                    using (var socket = await context.WebSockets.AcceptWebSocketAsync())
                    {
                        await EchoAsync(context, socket);
                    }
                    break;
                default:
                    await request.Body.CopyToAsync(response.Body);
                    break;
            }
        }

        private static async Task EchoAsync(HttpContext context, WebSocket socket)
        {
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer, context.RequestAborted);
                if (context.Request.Path == "/abort")
                {
                    context.Abort();
                    return;
                }
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(result.CloseStatus!.Value, result.CloseStatusDescription, context.RequestAborted);
                    return;
                }
                await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, context.RequestAborted);
            }
        }
    }
}
