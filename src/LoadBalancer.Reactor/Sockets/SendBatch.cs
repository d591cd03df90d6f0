using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>
/// The small sends of one round of a loop, given to the kernel with one system call at the end of the round: the kernel does
/// them one after the other with its code still in the caches, which takes about a fifth off the whole cost of a small
/// exchange.
/// </summary>
/// <remarks>
/// The bytes stay where they are: whoever sends keeps them until the kernel has taken them, or closes the socket, which takes
/// the send out again. A socket has at most one send in it, so that nothing is overtaken by what comes after it.
/// </remarks>
internal sealed unsafe class SendBatch : IDisposable
{
    /// <summary>More goes by itself: what is moved in large pieces should not wait for the end of the round with each.</summary>
    private const int Longest = 12 * 1024;

    private readonly SendRing? _ring;
    private readonly (StreamSocket? Socket, nint Bytes, int Length)[] _sends = new (StreamSocket?, nint, int)[SendRing.Capacity];

    /// <param name="isOn">False when every send is to go by itself.</param>
    public SendBatch(bool isOn) => _ring = isOn ? SendRing.TryCreate() : null;

    /// <summary>True when the kernel offers what it takes.</summary>
    public bool IsAvailable => _ring is not null;

    /// <summary>Sends that wait for <see cref="Submit"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a send in; false when it should go by itself.</summary>
    /// <param name="socket">Whose it is.</param>
    /// <param name="bytes">Pinned, and left alone until the socket is told, or has closed.</param>
    /// <param name="place">Where it is, for <see cref="Remove"/>.</param>
    public bool TryAdd(StreamSocket socket, ReadOnlySpan<byte> bytes, out int place)
    {
        place = Count;
        if (_ring is null || bytes.Length > Longest || Count == _sends.Length)
        {
            return false;
        }
        _sends[Count++] = (socket, (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)), bytes.Length);
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
        for (var i = 0; i < Count; i++)
        {
            if (_sends[i].Socket is { } socket)
            {
                _sends[count] = _sends[i];
                _ring!.Add(socket.Descriptor, (byte*)_sends[i].Bytes, _sends[i].Length, count);
                sockets[count++] = socket;
            }
        }
        var taken = _ring!.Submit();
        for (var i = 0; i < taken; i++)
        {
            sockets[i].SentAll(_sends[i].Length);
        }
        while (_ring.TryGetFailed(out var tag, out var result))
        {
            sockets[tag].SentPart(result);
        }
        // The kernel is short of something, or no longer lets us.
        for (var i = taken; i < count; i++)
        {
            SendAlone(_sends[i]);
        }
        Clear();
        return count;
    }

    /// <summary>Alone it gains nothing from the ring.</summary>
    private int SubmitOne(Span<StreamSocket> sockets)
    {
        var send = _sends[0];
        Clear();
        if (send.Socket is null)
        {
            return 0;
        }
        SendAlone(send);
        sockets[0] = send.Socket;
        return 1;
    }

    private static void SendAlone((StreamSocket? Socket, nint Bytes, int Length) send) =>
        send.Socket!.SendAlone(new ReadOnlySpan<byte>((byte*)send.Bytes, send.Length));

    private void Clear()
    {
        Array.Clear(_sends, 0, Count);
        Count = 0;
    }

    public void Dispose() => _ring?.Dispose();
}
