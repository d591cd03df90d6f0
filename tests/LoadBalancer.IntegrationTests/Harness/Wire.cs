using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// One end of a TCP connection, byte for byte, with a strict reader of HTTP/1.1 messages: what RFC 9112 does not allow
/// is an <see cref="InvalidDataException"/>. Text is Latin-1.
/// </summary>
public sealed class Wire(Socket socket) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly MemoryStream _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public Socket Socket { get; } = socket;

    /// <summary>Everything that ever came in, as text.</summary>
    public string Received
    {
        get
        {
            lock (_received)
            {
                return Encoding.Latin1.GetString(_received.ToArray());
            }
        }
    }

    public static async Task<Wire> ConnectAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new Wire(socket);
    }

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None, limit.Token)..];
        }
    }

    /// <summary>Sends a request or an answer with a body of known length.</summary>
    public Task SendAsync(string head, ReadOnlySpan<byte> body) => SendAsync((byte[])[.. Encoding.Latin1.GetBytes(head), .. body]);

    /// <summary>Sends as one chunk (RFC 9112 section 7.1); an empty one ends the body.</summary>
    public Task SendChunkAsync(ReadOnlySpan<byte> data) =>
        SendAsync((byte[])[.. Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{data.Length:x}\r\n")), .. data, (byte)'\r', (byte)'\n']);

    /// <summary>No more bytes from this end; the other direction stays open.</summary>
    public void EndSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends both directions with a TCP reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        Socket.Dispose();
        _received.Dispose();
    }

    /// <summary>Reads a request.</summary>
    public Task<HttpMessage> ReadRequestAsync() => ReadMessageAsync(static _ => true);

    /// <summary>Reads a final answer; informational ones (1xx but 101) are skipped unless <paramref name="informational"/> is set.</summary>
    /// <param name="toHead">True when the request was HEAD: no body follows, whatever the fields say.</param>
    /// <param name="informational">True to return a 1xx answer too.</param>
    public async Task<HttpMessage> ReadAnswerAsync(bool toHead = false, bool informational = false)
    {
        while (true)
        {
            var answer = await ReadMessageAsync(line => !toHead && line.Split(' ')[1] is not ("204" or "304" or ['1', ..]), isAnswer: true);
            if (informational || answer.Status is 101 or >= 200)
            {
                return answer;
            }
        }
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new EndOfStreamException($"the connection ended after {done} of {count} bytes");
            }
            var take = Math.Min(count - done, _end - _start);
            Array.Copy(_buffer, _start, bytes, done, take);
            _start += take;
            done += take;
        }
        return bytes;
    }

    /// <summary>Everything until the other end says that no more comes; a reset is an exception.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        do
        {
            all.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync());
        return all.ToArray();
    }

    /// <summary>Waits until the other end closes or resets, whatever comes before.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            _ = await ReadToEndAsync();
        }
        catch (SocketException)
        {
            // A reset is an end, too.
        }
    }

    /// <summary>The text up to and including the next CRLF, without it.</summary>
    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new EndOfStreamException($"the connection ended in a line after '{line}'");
            }
            var c = (char)_buffer[_start++];
            if (c == '\n')
            {
                return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : throw new InvalidDataException($"a bare LF after '{line}'");
            }
            line.Append(c);
        }
    }

    private async Task<HttpMessage> ReadMessageAsync(Func<string, bool> mayHaveBody, bool isAnswer = false)
    {
        var startLine = await ReadLineAsync();
        var fields = await ReadFieldsAsync();
        var lengths = fields.Where(static field => field.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).ToList();
        var codings = fields.Where(static field => field.Key.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)).ToList();
        if (lengths.Count + codings.Count > 1)
        {
            throw new InvalidDataException("the length is said more than once: " + string.Join(", ", lengths.Concat(codings)));
        }
        if (!mayHaveBody(startLine))
        {
            return new HttpMessage(startLine, fields, [], []);
        }
        if (codings.Count == 1)
        {
            if (codings[0].Value != "chunked")
            {
                throw new InvalidDataException($"the transfer coding '{codings[0].Value}'");
            }
            var body = await ReadChunksAsync();
            return new HttpMessage(startLine, fields, body, await ReadFieldsAsync());
        }
        if (lengths.Count == 1)
        {
            return new HttpMessage(startLine, fields, await ReadAsync(int.Parse(lengths[0].Value, NumberStyles.None, CultureInfo.InvariantCulture)), []);
        }
        return new HttpMessage(startLine, fields, isAnswer ? await ReadToEndAsync() : [], []);
    }

    private async Task<List<KeyValuePair<string, string>>> ReadFieldsAsync()
    {
        var fields = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(" \t\r\0") || line.AsSpan(colon).ContainsAny("\r\0"))
            {
                throw new InvalidDataException($"no header field: '{line}'");
            }
            fields.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }
        return fields;
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await ReadLineAsync()).Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return body.ToArray();
            }
            body.Write(await ReadAsync(size));
            if (await ReadLineAsync() is { Length: > 0 } rest)
            {
                throw new InvalidDataException($"a chunk goes on after its size: '{rest}'");
            }
        }
    }

    private async Task<bool> FillAsync()
    {
        using var limit = new CancellationTokenSource(s_patience);
        _start = 0;
        _end = 0;
        _end = await Socket.ReceiveAsync(_buffer, SocketFlags.None, limit.Token);
        lock (_received)
        {
            // Enough to look at; a bulk transfer is not kept twice.
            if (_received.Length < 1024 * 1024)
            {
                _received.Write(_buffer, 0, _end);
            }
        }
        return _end > 0;
    }
}
