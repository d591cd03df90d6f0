using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// One direction of a relay. Nothing more is read until what was read is written: the sender is slowed to the receiver's
/// pace, and at most one buffer, or one pipe, is held. Small pieces are copied; after some that filled their buffer, the
/// kernel moves them from socket to socket (splice(2)).
/// </summary>
internal sealed class Flow(StreamSocket from, StreamSocket to)
{
    /// <summary>So many reads in a row that filled the buffer make a bulk transfer.</summary>
    private const int BulkAfter = 4;

    private ByteBuffer? _buffer;
    private SplicePipe? _pipe;
    private int _fullReads;

    /// <summary>True when the sender has ended and the receiver has been told.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Moves one piece.</summary>
    /// <param name="buffers">Of the loop.</param>
    /// <param name="moved">Set when a byte moved.</param>
    /// <returns>False when either side is broken.</returns>
    public bool Step(BufferPool buffers, ref bool moved)
    {
        if (HasEnded)
        {
            return true;
        }
        return _pipe is not null ? Splice(ref moved) : Copy(buffers, ref moved);
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release(BufferPool buffers)
    {
        buffers.Return(ref _buffer);
        _pipe?.Dispose();
        _pipe = null;
    }

    private bool Copy(BufferPool buffers, ref bool moved)
    {
        if (_buffer is null)
        {
            if (!from.HasInput)
            {
                return true;
            }
            _buffer = buffers.Rent();
            var count = from.Receive(_buffer.Free);
            if (count <= 0)
            {
                buffers.Return(ref _buffer);
                return count switch
                {
                    StreamSocket.Pending => true,
                    StreamSocket.End => End(ref moved),
                    _ => false,
                };
            }
            _fullReads = count == _buffer.Free.Length ? _fullReads + 1 : 0;
            _buffer.Advance(count);
        }
        var sent = to.Send(_buffer.Filled);
        if (sent == StreamSocket.Broken)
        {
            return false;
        }
        if (sent > 0)
        {
            moved = true;
            _buffer.Consume(sent);
            if (_buffer.IsEmpty)
            {
                buffers.Return(ref _buffer);
                _pipe = _fullReads >= BulkAfter ? SplicePipe.TryOpen() : null;
            }
        }
        return true;
    }

    private bool Splice(ref bool moved)
    {
        if (_pipe!.IsEmpty)
        {
            switch (_pipe.Fill(from))
            {
                case StreamSocket.Pending:
                    if (!from.HasInput && _pipe.IsQuiet)
                    {
                        // No bulk any more: a pipe is two descriptors that others may need.
                        _pipe.Dispose();
                        _pipe = null;
                        _fullReads = 0;
                    }
                    return true;
                case StreamSocket.End:
                    return End(ref moved);
                case StreamSocket.Broken:
                    return false;
                default:
                    moved = true;
                    break;
            }
        }
        switch (_pipe.Drain(to))
        {
            case StreamSocket.Pending:
                return true;
            case StreamSocket.Broken:
                return false;
            default:
                moved = true;
                return true;
        }
    }

    private bool End(ref bool moved)
    {
        HasEnded = true;
        moved = true;
        _pipe?.Dispose();
        _pipe = null;
        to.EndSending();
        return true;
    }
}
