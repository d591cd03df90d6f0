using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Dns;

/// <summary>
/// A DNS server on real sockets that answers each question with the bytes that a test gives, over UDP and, unless
/// refused, over TCP. Null answers are silence.
/// </summary>
internal sealed class ScriptedDnsServer : IAsyncDisposable
{
    private readonly Func<byte[], bool, byte[]?> _answer;
    private readonly UdpClient _udp;
    private readonly TcpListener? _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _tasks;
    private int _udpQuestions;
    private int _tcpConnections;

    /// <param name="answer">From the question's bytes and whether it came over TCP, the answer's bytes or null.</param>
    /// <param name="tcp">False refuses TCP connections.</param>
    public ScriptedDnsServer(Func<byte[], bool, byte[]?> answer, bool tcp = true)
    {
        _answer = answer;
        var port = Ports.Free();
        _udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
        Address = $"127.0.0.1:{port}";
        if (tcp)
        {
            _tcp = new TcpListener(IPAddress.Loopback, port);
            _tcp.Start();
        }
        _tasks = [ServeUdpAsync(), ServeTcpAsync()];
    }

    public string Address { get; }

    public int UdpQuestions => Volatile.Read(ref _udpQuestions);

    public int TcpConnections => Volatile.Read(ref _tcpConnections);

    /// <summary>An answer to <paramref name="question"/> with its own question section and these records.</summary>
    public static byte[] Reply(byte[] question, int rcode = 0, byte[][]? answers = null, byte[][]? authorities = null, bool truncated = false)
    {
        var end = EndOfQuestion(question);
        byte[] message = [.. question[..end], .. (answers ?? []).SelectMany(bytes => bytes), .. (authorities ?? []).SelectMany(bytes => bytes)];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)(0x8180 | (truncated ? 0x0200 : 0) | rcode));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), (ushort)(answers?.Length ?? 0));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), (ushort)(authorities?.Length ?? 0));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(10), 0);
        return message;
    }

    /// <summary>A record whose owner is the question's name.</summary>
    public static byte[] Record(ushort type, int ttl, byte[] data)
    {
        byte[] head = [0xC0, 0x0C, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(6), ttl);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(10), (ushort)data.Length);
        return [.. head, .. data];
    }

    public static byte[] Srv(ushort priority, ushort weight, ushort port, string target, int ttl = 0) =>
        Record(33, ttl, [(byte)(priority >> 8), (byte)priority, (byte)(weight >> 8), (byte)weight, (byte)(port >> 8), (byte)port, .. Name(target)]);

    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    /// <summary>The name that a question asks for.</summary>
    public static string NameOf(byte[] question)
    {
        var labels = new List<string>();
        for (var at = 12; question[at] != 0; at += question[at] + 1)
        {
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        }
        return string.Join('.', labels);
    }

    public static ushort TypeOf(byte[] question) => BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(EndOfQuestion(question) - 4));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp?.Dispose();
        await Task.WhenAll(_tasks);
        _stop.Dispose();
    }

    private static int EndOfQuestion(byte[] question)
    {
        var at = 12;
        while (question[at] != 0)
        {
            at += question[at] + 1;
        }
        return at + 5;
    }

    private async Task ServeUdpAsync()
    {
        try
        {
            while (true)
            {
                var question = await _udp.ReceiveAsync(_stop.Token);
                Interlocked.Increment(ref _udpQuestions);
                if (_answer(question.Buffer, false) is { } answer)
                {
                    await _udp.SendAsync(answer, question.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeTcpAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (_tcp is not null)
            {
                var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _tcpConnections);
                connections.Add(ServeTcpAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeTcpAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var length = new byte[2];
                while (true)
                {
                    await stream.ReadExactlyAsync(length, _stop.Token);
                    var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    await stream.ReadExactlyAsync(question, _stop.Token);
                    if (_answer(question, true) is { } answer)
                    {
                        await stream.WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer], _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }
}
