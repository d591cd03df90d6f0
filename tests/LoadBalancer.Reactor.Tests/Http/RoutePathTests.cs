using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Reactor.Http;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Http;

public sealed class RoutePathTests
{
    [Theory]
    [InlineData("", "/")]
    [InlineData("?a", "/")]
    [InlineData("/", "/")]
    [InlineData("/a/b?c/../d", "/a/b")]
    [InlineData("/%61%2f%2F%3F", "/a%2f%2F?")]
    [InlineData("/a/./b/../c", "/a/c")]
    [InlineData("/a/%2e/%2E%2e/c", "/c")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/../../a", "/a")]
    [InlineData("//..//a/...", "//a/...")]
    [InlineData("/a%", "/a%")]
    [InlineData("/a%4", "/a%4")]
    [InlineData("/a%4g%25%32%65", "/a%4g%2e")]
    [InlineData("/%c3%a4", "/\u00e4")]
    [InlineData("/%e2%82%ac", "/\u20ac")]
    [InlineData("/%f0%9f%98%80", "/\ud83d\ude00")]
    public void A_path_is_decoded(string target, string path) => Assert.Equal(path, Decode(target));

    /// <summary>The same bytes through Kestrel: what it makes of them is what the other engine routes by.</summary>
    [Fact]
    public async Task It_is_decoded_as_the_other_engine_does()
    {
        await using var backend = await RecordingBackend.StartAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", backend.Port, TestContext.Current.CancellationToken);
        using var stream = new NetworkStream(socket);
        using var answers = new BufferedStream(stream);
        var piece = Gen.OneOf("/", "/", ".", "..", "%2e", "%2E", "%2f", "%2F", "%5c", "\\", "%25", "%", "%4", "%g0", "a", "b", "%61", "%c3%a4", "%c3", "%a4", "%e2%82%ac", "%e2%82", "%c0%ae",
            "%f0%9f%98%80", "%ed%a0%80", "%f4%90%80%80", "%ff", "%20", "+", ";x", ":", "%3f", "%7f", "%0d");
        var targets = Cases.Of(piece.Array[0, 9].Select(static pieces => "/" + string.Concat(pieces)), seed: 4, count: 2_000);
        foreach (var target in targets)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: api\r\n\r\n"), TestContext.Current.CancellationToken);
            await HttpReader.ReadAsync(answers, isHead: false);
        }
        var expected = backend.Requests.Select(static request => request["GET api ".Length..]);
        Assert.Equal(expected.Zip(targets), targets.Select(Decode).Zip(targets));
    }

    private static string Decode(string target) => RoutePath.Decode(Encoding.ASCII.GetBytes(target), new char[BufferPool.LargeSize]).ToString();
}
