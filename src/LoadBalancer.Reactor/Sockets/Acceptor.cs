using System.Net;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>
/// A listening socket in one loop. Level-triggered: what is left in the queue is another event, so that accepting never
/// starves the connections that are open.
/// </summary>
internal sealed class Acceptor : Channel, ITimed
{
    /// <summary>Connections per event.</summary>
    private const int Most = 32;

    private const int Pause = 100;

    private readonly ReactorListener _listener;
    private readonly LoopTimer _timer;
    private bool _isWatching;

    public Acceptor(EventLoop loop, int descriptor, ReactorListener listener) : base(loop, descriptor)
    {
        _listener = listener;
        _timer = new LoopTimer(this);
        Resume();
    }

    public bool IsOpen => Descriptor >= 0;

    /// <summary>Accepts again, if there is room.</summary>
    public void Resume()
    {
        if (IsOpen && !_isWatching && _listener.HasRoom)
        {
            _isWatching = true;
            Loop.Watch(this, Epoll.In);
        }
    }

    /// <summary>Takes what waits, whose clients would be reset otherwise, and closes.</summary>
    public void Close()
    {
        if (!IsOpen)
        {
            return;
        }
        while (Accept())
        {
        }
        Loop.Timers.Remove(_timer);
        Loop.Forget(this, keepOpen: false);
        _ = Libc.Close(Descriptor);
        Descriptor = -1;
    }

    public void OnDeadline() => Resume();

    internal override void OnEvents(uint events)
    {
        for (var i = 0; i < Most; i++)
        {
            if (!_listener.HasRoom)
            {
                Stop();
                return;
            }
            if (!Accept())
            {
                return;
            }
        }
    }

    internal override void OnTurn()
    {
    }

    internal override void OnFault()
    {
    }

    private bool Accept()
    {
        Span<byte> address = stackalloc byte[PeerAddress.Size];
        var length = (uint)address.Length;
        var descriptor = Libc.Accept(Descriptor, ref MemoryMarshal.GetReference(address), ref length, Libc.SockNonBlock | Libc.SockCloseOnExec);
        if (descriptor >= 0)
        {
            IPEndPoint? peer = PeerAddress.Of(address[..(int)Math.Min(length, (uint)address.Length)]);
            if (peer is not null)
            {
                TcpConnect.Tune(descriptor);
            }
            _listener.Accepted(Loop, descriptor, peer);
            return true;
        }
        switch (Marshal.GetLastPInvokeError())
        {
            case Errno.Again:
                return false;
            case Errno.Interrupted or Errno.ConnectionAborted:
                return true;
            case var errno:
                // Out of descriptors or memory: a moment later there may be some.
                _listener.AcceptFailed(errno);
                if (_isWatching)
                {
                    Stop();
                    Loop.Timers.Set(_timer, Loop.Now + Pause);
                }
                return false;
        }
    }

    private void Stop()
    {
        _isWatching = false;
        Loop.Forget(this, keepOpen: true);
    }
}
