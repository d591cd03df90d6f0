using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Http;

/// <summary>A connection to an endpoint: an exchange has it, or it waits in its pool for one.</summary>
internal sealed class UpstreamConnection : StreamSocket
{
    private readonly UpstreamPool _pool;

    private UpstreamConnection(UpstreamPool pool, int descriptor) : base(pool.Loop, descriptor)
    {
        _pool = pool;
        Attach();
    }

    public Endpoint Endpoint => _pool.Endpoint;

    /// <summary>Who has it; null while it is idle.</summary>
    public HttpExchange? Exchange { get; set; }

    /// <summary>True when it has served an exchange before.</summary>
    public bool IsReused { get; set; }

    /// <summary>The loop's round in which its exchange took it from the pool.</summary>
    public long TakenIn { get; set; }

    /// <summary>Since when it is idle, on the loop's clock.</summary>
    public long IdleSince { get; set; }

    /// <summary>Begins to connect; null when that fails at once.</summary>
    /// <param name="pool">Where it belongs.</param>
    /// <param name="address">As connect(2) takes it.</param>
    /// <param name="errno">Why it failed.</param>
    public static UpstreamConnection? Connect(UpstreamPool pool, ReadOnlySpan<byte> address, out int errno)
    {
        var descriptor = TcpConnect.Begin(address, out errno);
        return descriptor < 0 ? null : new UpstreamConnection(pool, descriptor);
    }

    /// <summary>Sends what it begins with, once it is connected; false when it is broken.</summary>
    public bool SendFirst()
    {
        var first = _pool.First.Span;
        // Not by the batch: the request follows at once, and in the same segment. It is less than the emptiest buffer takes.
        return first.IsEmpty || Send(first, isLast: true) == first.Length;
    }

    /// <summary>Gives it to the pool for another exchange.</summary>
    public void Release()
    {
        Exchange = null;
        IsReused = true;
        Span<byte> probe = stackalloc byte[1];
        if (HasInput && Receive(probe) != Pending)
        {
            // It has closed, or said more than its answer.
            Close();
            return;
        }
        _pool.Put(this);
    }

    protected override void Advance()
    {
        if (Exchange is not null)
        {
            Exchange.OnUpstream();
        }
        else if (HasPeerEnded || IsHungUp || HasInput)
        {
            // Closed by the endpoint, or it speaks unasked: what it says would be taken for the next answer.
            _pool.Remove(this);
            Close();
        }
    }

    public override void OnFault()
    {
        if (Exchange is not null)
        {
            Exchange.OnFault();
        }
        else
        {
            _pool.Remove(this);
            Close();
        }
    }
}
