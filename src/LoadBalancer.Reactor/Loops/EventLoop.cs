using System.Collections.Concurrent;
using System.Diagnostics;
using LoadBalancer.Reactor.Http;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;
using LoadBalancer.Reactor.Tcp;

namespace LoadBalancer.Reactor.Loops;

/// <summary>
/// One thread with everything that it needs: an epoll instance, deadlines and buffers. What belongs to a loop is touched by
/// its thread only; other threads ask by <see cref="Post"/>.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private readonly bool _batchesSends;
    private readonly Epoll _epoll = new();
    private readonly Action<Exception> _onFault;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<ILoopTask> _posted = new();
    private readonly Queue<Channel> _scheduled = new();
    private readonly Stack<int> _freeSlots = new();
    private readonly WakeUp _wakeUp = new();
    private Channel?[] _channels = new Channel?[256];
    private readonly StreamSocket[] _sent = new StreamSocket[SendRing.Capacity];
    private int _slots = 1;
    private uint _generation;
    private int _isSignaled;
    private int _clients;
    private volatile bool _isStopping;

    /// <param name="number">Counts the loops from 0.</param>
    /// <param name="batchesSends">Whether small sends go out together at the end of a round.</param>
    /// <param name="time">The clock of the policies.</param>
    /// <param name="onFault">Told of what a channel failed with; the channel has been closed.</param>
    public EventLoop(int number, bool batchesSends, TimeProvider time, Action<Exception> onFault)
    {
        Number = number;
        _batchesSends = batchesSends;
        Time = time;
        _onFault = onFault;
        _epoll.Watch(_wakeUp.Descriptor, Epoll.In, 0);
        Timers = new TimerWheel((owner, e) => Fault(e, owner.OnFault));
        _thread = new Thread(Run) { IsBackground = true, Name = $"reactor-{number}" };
        Refresh();
        Http = new HttpLoop(this);
        Tcp = new TcpLoop(this);
    }

    public int Number { get; }

    public TimeProvider Time { get; }

    public BufferPool Buffers { get; } = new();

    public TimerWheel Timers { get; }

    /// <summary>What is sent at the end of the round.</summary>
    public SendBatch Sends { get; private set; } = null!;

    /// <summary>What its HTTP connections share.</summary>
    public HttpLoop Http { get; }

    /// <summary>What its TCP connections share.</summary>
    public TcpLoop Tcp { get; }

    /// <summary>Counts the waits for events: what an event of this round tells of had happened before the round began.</summary>
    public long Round { get; private set; }

    /// <summary>Milliseconds on a monotonic clock, read once per round.</summary>
    public long Now { get; private set; }

    /// <summary>The provider's timestamp, read once per round.</summary>
    public long Timestamp { get; private set; }

    /// <summary>True on the loop's own thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>How many descriptors it watches.</summary>
    public int Watched => _slots - 1 - _freeSlots.Count;

    /// <summary>Clients' connections that it serves or is about to. From any thread.</summary>
    public int Clients => Volatile.Read(ref _clients);

    public void Start() => _thread.Start();

    /// <summary>Counts a client's connection that it is about to serve. From any thread.</summary>
    public void CountIn() => Interlocked.Increment(ref _clients);

    /// <summary>A client's connection has ended or been handed over.</summary>
    public void CountOut() => Interlocked.Decrement(ref _clients);

    /// <summary>Has the loop's thread run something soon, unless it has ended. From any thread.</summary>
    public void Post(ILoopTask task)
    {
        _posted.Enqueue(task);
        if (Interlocked.Exchange(ref _isSignaled, 1) == 0)
        {
            _wakeUp.Signal();
        }
    }

    /// <summary>Has the loop's thread run it, and completes when it has; for what is rare.</summary>
    public Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new LoopAction(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }));
        return done.Task;
    }

    /// <summary>Ends the thread after this round and waits for it; what is still watched is abandoned.</summary>
    public void Dispose()
    {
        _isStopping = true;
        Post(new Nothing());
        if (!_thread.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
        {
            _thread.Join();
        }
        Tcp.Dispose();
        _wakeUp.Dispose();
        _epoll.Dispose();
    }

    /// <summary>Begins to watch; edge-triggered unless the events say otherwise.</summary>
    internal void Watch(Channel channel, uint events)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _slots++;
            if (slot == _channels.Length)
            {
                Array.Resize(ref _channels, 2 * _channels.Length);
            }
        }
        // The upper half tells an event of this channel from one of a former channel in the same slot.
        channel.Key = ((ulong)++_generation << 32) | (uint)slot;
        _channels[slot] = channel;
        _epoll.Watch(channel.Descriptor, events, channel.Key);
    }

    /// <summary>Watches for other events; one comes at once for what is there already.</summary>
    internal void Rewatch(Channel channel, uint events) => _epoll.Change(channel.Descriptor, events, channel.Key);

    /// <summary>Forgets the channel; <paramref name="keepOpen"/> tells whether its descriptor goes on elsewhere.</summary>
    internal void Forget(Channel channel, bool keepOpen)
    {
        if (channel.Key == 0)
        {
            return;
        }
        var slot = (int)(uint)channel.Key;
        channel.Key = 0;
        _channels[slot] = null;
        _freeSlots.Push(slot);
        if (keepOpen)
        {
            _epoll.Unwatch(channel.Descriptor);
        }
    }

    /// <summary>Gives the channel another turn after the others: who has much to do must not starve the rest.</summary>
    internal void Schedule(Channel channel)
    {
        if (!channel.IsScheduled)
        {
            channel.IsScheduled = true;
            _scheduled.Enqueue(channel);
        }
    }

    /// <summary>Gives the channel a turn at once. What it throws ends it, and nobody else.</summary>
    internal void Turn(Channel channel) => Guarded(channel, 0);

    private void Run()
    {
        // The ring takes submissions only from the thread that made it.
        using var sends = new SendBatch(_batchesSends);
        Sends = sends;
        while (!_isStopping)
        {
            var ready = _epoll.Wait(_scheduled.Count > 0 || Sends.Count > 0 ? 0 : Timers.Delay(Now));
            Round++;
            Refresh();
            for (var turns = _scheduled.Count; turns > 0; turns--)
            {
                var channel = _scheduled.Dequeue();
                channel.IsScheduled = false;
                Guarded(channel, 0);
            }
            for (var i = 0; i < ready; i++)
            {
                var (key, events) = _epoll.Ready(i);
                if (key == 0)
                {
                    RunPosted();
                }
                else if (_channels[(int)(uint)key] is { } channel && channel.Key == key)
                {
                    Guarded(channel, events);
                }
            }
            Timers.Advance(Now);
            SubmitSends();
        }
    }

    /// <summary>Whoever had a send in the batch goes on; what that sends is for the next round.</summary>
    private void SubmitSends()
    {
        if (Sends.Count == 0)
        {
            return;
        }
        var sent = _sent.AsSpan(0, Sends.Submit(_sent));
        foreach (var socket in sent)
        {
            Guarded(socket, 0);
        }
        sent.Clear();
    }

    private void RunPosted()
    {
        _wakeUp.Clear();
        // Before the queue is read, so that what is posted from here on signals again.
        Volatile.Write(ref _isSignaled, 0);
        Thread.MemoryBarrier();
        while (_posted.TryDequeue(out var task))
        {
            try
            {
                task.Run();
            }
            catch (Exception e)
            {
                _onFault(e);
            }
        }
    }

    private void Guarded(Channel channel, uint events)
    {
        try
        {
            if (events == 0)
            {
                channel.OnTurn();
            }
            else
            {
                channel.OnEvents(events);
            }
        }
        catch (Exception e)
        {
            Fault(e, channel.OnFault);
        }
    }

    /// <summary>One connection's trouble must not end those of the others, not even when closing it fails, too.</summary>
    private void Fault(Exception error, Action close)
    {
        _onFault(error);
        try
        {
            close();
        }
        catch (Exception e)
        {
            _onFault(e);
        }
    }

    private void Refresh()
    {
        Timestamp = Time.GetTimestamp();
        Now = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
    }

    private sealed class Nothing : ILoopTask
    {
        public void Run()
        {
        }
    }
}
