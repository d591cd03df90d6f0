using System.Net.Sockets;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Sends what it is given in pieces, as fast as it can, and then ends its direction.</summary>
internal sealed class SendingSocket : StreamSocket
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Queue<int> _pieces;
    private int _position;
    private int _offered;

    /// <param name="loop">Whose thread calls this.</param>
    /// <param name="socket">Connected.</param>
    /// <param name="bytes">What to send; pinned.</param>
    /// <param name="pieces">The lengths of the pieces.</param>
    public SendingSocket(EventLoop loop, Socket socket, ReadOnlyMemory<byte> bytes, IEnumerable<int> pieces) : base(loop, (int)socket.Handle)
    {
        socket.Blocking = false;
        // It is closed by its number from here on.
        socket.SafeHandle.SetHandleAsInvalid();
        _bytes = bytes;
        _pieces = new Queue<int>(pieces);
        Attach();
        Advance();
    }

    /// <summary>Completes with how many bytes the kernel took, and whether that is all.</summary>
    public TaskCompletionSource<(int Sent, bool IsBroken)> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override void Advance()
    {
        while (IsOpen)
        {
            if (_offered == 0 && !_pieces.TryDequeue(out _offered))
            {
                EndSending();
                Complete(isBroken: false);
                return;
            }
            var count = Send(_bytes.Span.Slice(_position, _offered));
            if (count == Pending)
            {
                return;
            }
            if (count == Broken)
            {
                Complete(isBroken: true);
                return;
            }
            _position += count;
            _offered -= count;
        }
    }

    public override void OnFault() => Complete(isBroken: true);

    private void Complete(bool isBroken)
    {
        Close();
        Done.TrySetResult((_position, isBroken));
    }
}
