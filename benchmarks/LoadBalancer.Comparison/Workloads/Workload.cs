using System.Text;

namespace LoadBalancer.Comparison.Workloads;

/// <summary>One work item of the comparison.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Title">What the report calls it.</param>
/// <param name="Kind">The protocol and its pattern.</param>
/// <param name="Path">The path of the HTTP request; one of <see cref="Backends.HttpBackend"/>'s.</param>
/// <param name="RequestBytes">The size of the POST body or of the TCP message; 0 is a GET.</param>
/// <param name="IsLarge">So much data per connection that splice could pay.</param>
/// <param name="NewConnectionEachTime">Every request opens, and with <c>Connection: close</c> closes, its own connection.</param>
/// <param name="IsIdle">Connections are opened, asked once and left alone: memory is measured, not time.</param>
public sealed record Workload(string Name, string Title, WorkloadKind Kind, string Path = "", int RequestBytes = 0, bool IsLarge = false, bool NewConnectionEachTime = false, bool IsIdle = false)
{
    /// <summary>The balancer routes by it; the other proxies pass it on.</summary>
    public const string Host = "bench.haproxy.service.consul";

    /// <summary>All work items, in the order in which they run.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("get-100", "GET, 100 B answer", WorkloadKind.Http, "/100"),
        new("get-10k", "GET, 10 KB answer", WorkloadKind.Http, "/10k"),
        new("get-1m", "GET, 1 MB answer", WorkloadKind.Http, "/1m", IsLarge: true),
        new("post-10k", "POST, 10 KB body", WorkloadKind.Http, "/post", RequestBytes: 10 * 1024),
        new("connect", "GET, 100 B answer, new connection per request", WorkloadKind.Http, "/100", NewConnectionEachTime: true),
        new("idle", "idle connections, after one GET each", WorkloadKind.Http, "/100", IsIdle: true),
        new("tcp-echo", "TCP, 100 B messages echoed", WorkloadKind.TcpEcho, RequestBytes: 100),
        new("tcp-bulk", "TCP, bulk", WorkloadKind.TcpBulk, IsLarge: true),
    ];

    /// <summary>What a client sends for one request or message.</summary>
    public byte[] Request()
    {
        var body = new byte[RequestBytes];
        body.AsSpan().Fill((byte)'x');
        if (Kind != WorkloadKind.Http)
        {
            return body;
        }
        var head = $"{(RequestBytes > 0 ? "POST" : "GET")} {Path} HTTP/1.1\r\nHost: {Host}\r\n"
            + (NewConnectionEachTime ? "Connection: close\r\n" : "")
            + (RequestBytes > 0 ? $"Content-Length: {RequestBytes}\r\n" : "")
            + "\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
