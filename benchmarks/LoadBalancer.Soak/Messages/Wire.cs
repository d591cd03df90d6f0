using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LoadBalancer.Soak.Messages;

/// <summary>
/// One side of a connection. What is written is kept until it is flushed. A connection that ends too early shows as
/// <see cref="SocketException"/>, <see cref="EndOfStreamException"/> or <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class Wire(Socket socket) : IDisposable
{
    private const int Piece = 16 * 1024;

    private readonly byte[] _input = new byte[8 * 1024];
    private byte[] _output = new byte[1024];
    private int _start;
    private int _end;
    private int _written;

    /// <summary>How long it waits before each read.</summary>
    public TimeSpan ReadPause { get; init; }

    public static async Task<Wire> ConnectAsync(int port, int? receiveBuffer = null, TimeSpan readPause = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer is { } size)
            {
                socket.ReceiveBufferSize = size;
            }
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            return new Wire(socket) { ReadPause = readPause };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>True when nothing waits to be read.</summary>
    public bool IsQuiet => _start == _end && socket.Available == 0;

    public void Write(string text) => Encoding.Latin1.GetBytes(text, Free(text.Length));

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Free(bytes.Length));

    public ValueTask FlushAsync() => FlushAsync(_written);

    /// <summary>Sends the first bytes of what was written, and forgets the rest.</summary>
    public async ValueTask FlushAsync(int count)
    {
        var sent = 0;
        while (sent < count)
        {
            sent += await socket.SendAsync(_output.AsMemory(sent, count - sent));
        }
        _written = 0;
    }

    /// <summary>Sends what was written in pieces of any size.</summary>
    public async ValueTask FlushInPiecesAsync(Random random)
    {
        var sent = 0;
        while (sent < _written)
        {
            sent += await socket.SendAsync(_output.AsMemory(sent, Math.Min(_written - sent, random.Next(1, 64))));
            await Task.Yield();
        }
        _written = 0;
    }

    /// <summary>How much has been written and not sent.</summary>
    public int Written => _written;

    /// <summary>Writes a body, and sends it as it gets long; with <paramref name="count"/> below its length only so much of it.</summary>
    public async ValueTask WriteBodyAsync(Framing framing, long number, int length, int count, Random random)
    {
        for (var position = 0; position < count;)
        {
            var piece = Math.Min(count - position, framing == Framing.Chunked ? random.Next(1, Piece) : Piece);
            if (framing == Framing.Chunked)
            {
                Write(piece.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            }
            Pattern.Fill(number, position, Free(piece));
            if (framing == Framing.Chunked)
            {
                Write("\r\n"u8);
            }
            position += piece;
            if (_written >= Piece)
            {
                await FlushAsync();
            }
        }
        if (framing == Framing.Chunked && count == length)
        {
            Write("0\r\n\r\n"u8);
        }
    }

    /// <summary>The next head; null when the connection ended before it.</summary>
    public async ValueTask<Head?> TryReadHeadAsync()
    {
        while (true)
        {
            var filled = _input.AsSpan(_start, _end - _start);
            var length = filled.IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                var head = new Head(Encoding.Latin1.GetString(filled[..length]));
                _start += length + 4;
                return head;
            }
            if (!await TryFillAsync())
            {
                return _start == _end ? null : throw new EndOfStreamException();
            }
        }
    }

    public async ValueTask<Head> ReadHeadAsync() => await TryReadHeadAsync() ?? throw new EndOfStreamException();

    /// <summary>Reads a body and compares it with what it must be; how long it was.</summary>
    public async ValueTask<long> ReadBodyAsync(Framing framing, long length, long? number)
    {
        var position = 0L;
        switch (framing)
        {
            case Framing.None:
                break;
            case Framing.Length:
                await TakeAsync(length);
                break;
            case Framing.Chunked:
                while (await ReadLineAsync() is var line)
                {
                    if (!long.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size))
                    {
                        throw new MismatchException($"a chunk begins with '{line}'");
                    }
                    await TakeAsync(size);
                    if (await ReadLineAsync() is { Length: > 0 } rest)
                    {
                        throw new MismatchException($"a chunk ends with '{rest}'");
                    }
                    if (size == 0)
                    {
                        break;
                    }
                }
                break;
            default:
                while (_start < _end || await TryFillAsync())
                {
                    await TakeAsync(_end - _start);
                }
                break;
        }
        return position;

        async ValueTask TakeAsync(long left)
        {
            while (left > 0)
            {
                if (_start == _end)
                {
                    await FillAsync();
                }
                var count = (int)Math.Min(left, _end - _start);
                if (number is { } expected && !Pattern.Matches(expected, position, _input.AsSpan(_start, count)))
                {
                    throw new MismatchException($"a body is another's or damaged between {position} and {position + count}");
                }
                _start += count;
                position += count;
                left -= count;
            }
        }
    }

    /// <summary>True when the connection ended and nothing more came.</summary>
    public async ValueTask<bool> HasEndedAsync() => _start == _end && !await TryFillAsync();

    /// <summary>Sends no more.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes so that the other side sees a reset.</summary>
    public void Reset() => socket.Close(0);

    public void Dispose() => socket.Dispose();

    private async ValueTask<string> ReadLineAsync()
    {
        while (true)
        {
            var filled = _input.AsSpan(_start, _end - _start);
            var length = filled.IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(filled[..length]);
                _start += length + 2;
                return line;
            }
            await FillAsync();
        }
    }

    private async ValueTask FillAsync()
    {
        if (!await TryFillAsync())
        {
            throw new EndOfStreamException();
        }
    }

    private async ValueTask<bool> TryFillAsync()
    {
        if (ReadPause > TimeSpan.Zero)
        {
            await Task.Delay(ReadPause);
        }
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _input.Length)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
            if (_end == _input.Length)
            {
                throw new MismatchException($"a line or head of more than {_input.Length} bytes");
            }
        }
        var count = await socket.ReceiveAsync(_input.AsMemory(_end));
        _end += count;
        return count > 0;
    }

    private Span<byte> Free(int count)
    {
        if (_output.Length - _written < count)
        {
            Array.Resize(ref _output, Math.Max(2 * _output.Length, _written + count));
        }
        _written += count;
        return _output.AsSpan(_written - count, count);
    }
}
