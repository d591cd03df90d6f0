using System.Runtime.CompilerServices;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>
/// The small sends of one round of a loop, given to the kernel with one system call at the end of the round: the kernel does
/// them one after the other with its code still in the caches, which takes about a fifth off the whole cost of a small
/// exchange.
/// </summary>
/// <remarks>
/// The bytes are copied, so that nobody has to keep a buffer alive for the kernel. A socket has at most one send in it, so
/// that nothing is overtaken by what comes after it.
/// </remarks>
internal sealed unsafe class SendBatch : IDisposable
{
    /// <summary>More goes by itself: then the copy costs more than the call.</summary>
    private const int Longest = 12 * 1024;

    private readonly SendRing? _ring;
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);
    private readonly byte* _start;
    private readonly (StreamSocket? Socket, int Offset, int Length)[] _sends = new (StreamSocket?, int, int)[SendRing.Capacity];
    private int _used;

    /// <param name="isOn">False when every send is to go by itself.</param>
    public SendBatch(bool isOn)
    {
        _ring = isOn ? SendRing.TryCreate() : null;
        _start = (byte*)Unsafe.AsPointer(ref _bytes[0]);
    }

    /// <summary>True when the kernel offers what it takes.</summary>
    public bool IsAvailable => _ring is not null;

    /// <summary>Sends that wait for <see cref="Submit"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a send in; false when it should go by itself.</summary>
    public bool TryAdd(StreamSocket socket, ReadOnlySpan<byte> bytes, out int place)
    {
        place = Count;
        if (_ring is null || bytes.Length > Longest || Count == _sends.Length || bytes.Length > _bytes.Length - _used)
        {
            return false;
        }
        bytes.CopyTo(_bytes.AsSpan(_used));
        _sends[Count++] = (socket, _used, bytes.Length);
        _used += bytes.Length;
        return true;
    }

    /// <summary>Takes a send out again: its socket closes.</summary>
    public void Remove(int place) => _sends[place].Socket = null;

    /// <summary>Sends everything and tells every socket what became of its own.</summary>
    /// <param name="sockets">Filled with them: each has to go on.</param>
    /// <returns>How many there are.</returns>
    public int Submit(Span<StreamSocket> sockets)
    {
        if (Count == 1)
        {
            return SubmitOne(sockets);
        }
        var count = 0;
        foreach (ref readonly var send in _sends.AsSpan(0, Count))
        {
            if (send.Socket is not null)
            {
                _ring!.Add(send.Socket.Descriptor, _start + send.Offset, send.Length, count);
                send.Socket.SentAll(send.Length);
                sockets[count++] = send.Socket;
            }
        }
        for (var i = _ring!.Submit(); i < count; i++)
        {
            sockets[i].SentPart(-Errno.NoMemory);
        }
        while (_ring.TryGetFailed(out var tag, out var result))
        {
            sockets[tag].SentPart(result);
        }
        Clear();
        return count;
    }

    /// <summary>Alone it gains nothing from the ring.</summary>
    private int SubmitOne(Span<StreamSocket> sockets)
    {
        var (socket, offset, length) = _sends[0];
        Clear();
        if (socket is null)
        {
            return 0;
        }
        socket.SendAlone(_bytes.AsSpan(offset, length));
        sockets[0] = socket;
        return 1;
    }

    private void Clear()
    {
        Array.Clear(_sends, 0, Count);
        Count = 0;
        _used = 0;
    }

    public void Dispose() => _ring?.Dispose();
}
