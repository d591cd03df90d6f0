using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// One direction of a <see cref="Relay"/>. Nothing more is read until what was read is written: the sender is slowed to the
/// receiver's pace, and at most one buffer, or what one pipe holds, is kept; nothing while there is nothing to move.
/// </summary>
/// <param name="from">The sender.</param>
/// <param name="to">The receiver.</param>
/// <param name="read">What has been read of the sender already and goes first; null when nothing.</param>
/// <remarks>Small pieces are copied. While they are large, the kernel moves them from socket to socket (splice(2)).</remarks>
internal sealed class Flow(StreamSocket from, StreamSocket to, ByteBuffer? read)
{
    /// <summary>So many reads in a row that filled their buffer make a bulk transfer.</summary>
    private const int BulkAfter = 4;

    /// <summary>So many in a row that would not have filled one end it.</summary>
    private const int CopyAfter = 16;

    private ByteBuffer? _buffer = read;
    private SplicePipe? _pipe;
    private bool _isBulk;

    /// <summary>Reads in a row that speak for the other way of moving.</summary>
    private int _contrary;

    /// <summary>True when the sender has ended and the receiver has been told.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>True when the sender, having said all, broke the connection: what is still sent to it gets lost.</summary>
    public bool IsUnheard => HasEnded && from.IsReset;

    /// <summary>Moves one piece: how many bytes, 0 for none, or <see cref="StreamSocket.Broken"/> when either side is broken.</summary>
    public int Step(EventLoop loop)
    {
        var count = 0;
        if (_buffer is null && _pipe is null)
        {
            count = HasEnded ? StreamSocket.Pending : Fill(loop);
            if (count == StreamSocket.End)
            {
                HasEnded = true;
                to.EndSending();
            }
            if (count <= 0)
            {
                return count == StreamSocket.Broken ? count : 0;
            }
        }
        var sent = Drain(loop);
        return sent == StreamSocket.Broken ? sent : Math.Max(count, sent);
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release(EventLoop loop)
    {
        loop.Buffers.Return(ref _buffer);
        loop.Tcp.Pipes.Return(ref _pipe);
    }

    private int Fill(EventLoop loop)
    {
        if (!from.HasInput)
        {
            return StreamSocket.Pending;
        }
        int count;
        if (_isBulk && (_pipe = loop.Tcp.Pipes.TryRent()) is not null)
        {
            count = _pipe.Fill(from);
            if (count <= 0)
            {
                loop.Tcp.Pipes.Return(ref _pipe);
            }
        }
        else
        {
            _buffer = loop.Buffers.Rent();
            count = from.Receive(_buffer.Free);
            if (count > 0)
            {
                _buffer.Advance(count);
            }
            else
            {
                loop.Buffers.Return(ref _buffer);
            }
        }
        if (count > 0)
        {
            Judge(isLarge: count >= BufferPool.Size);
        }
        return count;
    }

    private int Drain(EventLoop loop)
    {
        int count;
        if (_pipe is not null)
        {
            count = _pipe.Drain(to);
            if (_pipe.IsEmpty)
            {
                loop.Tcp.Pipes.Return(ref _pipe);
            }
            return count;
        }
        count = to.Send(_buffer!.Filled);
        if (count > 0)
        {
            _buffer.Consume(count);
            if (_buffer.IsEmpty)
            {
                loop.Buffers.Return(ref _buffer);
            }
        }
        return count;
    }

    private void Judge(bool isLarge)
    {
        _contrary = isLarge != _isBulk ? _contrary + 1 : 0;
        if (_contrary == (_isBulk ? CopyAfter : BulkAfter))
        {
            _isBulk = !_isBulk;
            _contrary = 0;
        }
    }
}
