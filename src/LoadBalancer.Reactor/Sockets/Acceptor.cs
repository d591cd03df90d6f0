using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>
/// A listening socket in one loop; the others have an acceptor for the same one. A connection stays on the loop that accepts
/// it unless another has clearly fewer.
/// </summary>
/// <remarks>
/// Level-triggered, so that what is left in the queue is another event and accepting never starves the connections that are
/// open; therefore not watched at all while nothing may be accepted.
/// </remarks>
internal sealed class Acceptor : Channel, ITimed, ILoopTask
{
    /// <summary>Connections per event.</summary>
    private const int Most = 16;

    /// <summary>Milliseconds after which it is tried again when nothing could be accepted.</summary>
    private const int Pause = 100;

    private readonly EventLoop[] _loops;
    private readonly ConnectionHost _host;
    private readonly LoopTimer _timer;

    /// <summary>1 while it waits for room, in which who makes some posts it to its loop.</summary>
    private int _waitsForRoom;
    private bool _isStopped;

    /// <summary>While it takes what waits.</summary>
    private TaskCompletionSource? _taken;

    public Acceptor(EventLoop loop, EventLoop[] loops, int descriptor, ConnectionHost host) : base(loop, descriptor)
    {
        _loops = loops;
        _host = host;
        _timer = new LoopTimer(this);
    }

    /// <summary>There may be room again. From any thread.</summary>
    public void Resume()
    {
        if (Volatile.Read(ref _waitsForRoom) == 1 && Interlocked.Exchange(ref _waitsForRoom, 0) == 1)
        {
            Loop.Post(this);
        }
    }

    /// <summary>Accepts no more, for good.</summary>
    public void Stop()
    {
        _isStopped = true;
        Loop.Timers.Remove(_timer);
        Unwatch();
    }

    /// <summary>Takes what waits, whatever the limits; after <see cref="Stop"/>. From any thread.</summary>
    public Task TakeWaitingAsync()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(new LoopAction(() =>
        {
            _taken = taken;
            Loop.Turn(this);
        }));
        return taken.Task;
    }

    void ILoopTask.Run() => Loop.Turn(this);

    public void OnDeadline() => Watch();

    public override void OnFault()
    {
        EndTaking();
        PauseAccepting();
    }

    internal override void OnTurn()
    {
        if (_taken is null)
        {
            Watch();
        }
        else
        {
            TakeWaiting();
        }
    }

    internal override void OnEvents(uint events)
    {
        var idlest = Idlest();
        for (var i = 0; i < Most; i++)
        {
            if (!_host.TryEnter())
            {
                WaitForRoom();
                return;
            }
            if (!Accept(idlest))
            {
                return;
            }
        }
    }

    private void TakeWaiting()
    {
        var idlest = Idlest();
        for (var i = 0; i < Most; i++)
        {
            _host.Enter();
            if (!Accept(idlest))
            {
                EndTaking();
                return;
            }
        }
        Loop.Schedule(this);
    }

    private void EndTaking()
    {
        _taken?.SetResult();
        _taken = null;
    }

    /// <summary>Accepts one that has been counted in; false when there is none, or none can be accepted.</summary>
    private bool Accept(EventLoop idlest)
    {
        Span<byte> address = stackalloc byte[PeerAddress.Size];
        var length = (uint)address.Length;
        var descriptor = Libc.Accept(Descriptor, ref MemoryMarshal.GetReference(address), ref length, Libc.SockNonBlock | Libc.SockCloseOnExec);
        if (descriptor >= 0)
        {
            Serve(idlest, descriptor, address[..(int)Math.Min(length, (uint)address.Length)]);
            return true;
        }
        var errno = Marshal.GetLastPInvokeError();
        _host.Leave();
        switch (errno)
        {
            case Errno.Again:
                return false;
            case Errno.Interrupted or Errno.ConnectionAborted:
                // The client is gone already: the next one.
                return true;
            default:
                _host.AcceptFailed(Marshal.GetPInvokeErrorMessage(errno));
                PauseAccepting();
                return false;
        }
    }

    private void Serve(EventLoop idlest, int descriptor, ReadOnlySpan<byte> address)
    {
        var fewest = idlest.Clients;
        var loop = Loop.Clients > fewest + 1 + (fewest / 8) ? idlest : Loop;
        loop.CountIn();
        var connection = _host.Open(loop, descriptor, PeerAddress.Of(address));
        if (loop == Loop)
        {
            connection.Run();
        }
        else
        {
            loop.Post(connection);
        }
    }

    private EventLoop Idlest()
    {
        var idlest = Loop;
        foreach (var loop in _loops)
        {
            if (loop.Clients < idlest.Clients)
            {
                idlest = loop;
            }
        }
        return idlest;
    }

    private void WaitForRoom()
    {
        Unwatch();
        Interlocked.Exchange(ref _waitsForRoom, 1);
        // Who made room before that found nobody waiting.
        if (_host.TryEnter())
        {
            _host.Leave();
            Resume();
        }
    }

    private void PauseAccepting()
    {
        Unwatch();
        if (!_isStopped)
        {
            Loop.Timers.Set(_timer, Loop.Now + Pause);
        }
    }

    private void Watch()
    {
        if (!_isStopped && Key == 0)
        {
            Loop.Watch(this, Epoll.In | Epoll.Exclusive);
        }
    }

    private void Unwatch() => Loop.Forget(this, keepOpen: true);
}
