namespace LoadBalancer.Reactor.Loops;

/// <summary>A descriptor that a loop watches.</summary>
internal abstract class Channel(EventLoop loop, int descriptor)
{
    public EventLoop Loop { get; } = loop;

    public int Descriptor { get; protected set; } = descriptor;

    /// <summary>Under which the loop knows it; 0 while it is not watched.</summary>
    internal ulong Key { get; set; }

    /// <summary>True while it is in the loop's list of those that have more to do.</summary>
    internal bool IsScheduled { get; set; }

    /// <summary>The kernel says that something has changed (the bits of epoll_ctl(2)).</summary>
    internal abstract void OnEvents(uint events);

    /// <summary>Goes on after others had their turn, see <see cref="EventLoop.Schedule"/>.</summary>
    internal abstract void OnTurn();

    /// <summary>It threw: it must close whatever it holds.</summary>
    public abstract void OnFault();
}
