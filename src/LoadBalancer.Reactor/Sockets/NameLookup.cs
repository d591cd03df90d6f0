using System.Net;
using System.Net.Sockets;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Sockets;

/// <summary>The lookup of a host name, which blocks: done elsewhere, and its end is told on the loop's thread.</summary>
internal sealed class NameLookup : ILoopTask
{
    private readonly EventLoop _loop;
    private readonly Action<NameLookup> _done;

    private NameLookup(EventLoop loop, Action<NameLookup> done)
    {
        _loop = loop;
        _done = done;
    }

    /// <summary>What was found, in the order in which to try them.</summary>
    public IPAddress[] Addresses { get; private set; } = [];

    /// <summary>Why there are no addresses.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Begins to look up; <paramref name="done"/> is called on the loop's thread, and not before this returns.</summary>
    public static NameLookup Begin(EventLoop loop, string host, Action<NameLookup> done)
    {
        var lookup = new NameLookup(loop, done);
        _ = lookup.RunAsync(host);
        return lookup;
    }

    void ILoopTask.Run() => _done(this);

    private async Task RunAsync(string host)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Addresses = await Dns.GetHostAddressesAsync(host).ConfigureAwait(false);
            Error = Addresses.Length == 0 ? new SocketException((int)SocketError.NoData) : null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            Error = e;
        }
        _loop.Post(this);
    }
}
