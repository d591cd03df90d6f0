using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;
using LoadBalancer.Reactor.Tests.Support;

namespace LoadBalancer.Reactor.Tests.Sockets;

/// <summary>What splice says of a socket and a pipe. The test is the loop's thread.</summary>
public sealed class SpliceTests : IDisposable
{
    private const int Page = 4096;

    private readonly EventLoop _loop;
    private readonly Socket _peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _owner;
    private readonly BareSocket _side;
    private readonly int[] _pipe = new int[2];

    public SpliceTests()
    {
        Assert.SkipUnless(ReactorLoops.IsSupported, "the reactor runs on Linux only");
        _loop = new EventLoop(0, batchesSends: false, TimeProvider.System, static _ => { });
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _peer.Connect(listener.LocalEndPoint!);
        _owner = listener.Accept();
        _owner.Blocking = false;
        _side = new BareSocket(_loop, (int)_owner.Handle);
        // Room for the least that there is: one page.
        Assert.Equal(0, Libc.CreatePipe(ref MemoryMarshal.GetArrayDataReference(_pipe), Libc.SockNonBlock | Libc.SockCloseOnExec));
        Assert.Equal(Page, Libc.ControlFile(_pipe[1], Libc.SetPipeSize, Page));
    }

    public void Dispose()
    {
        _loop.Dispose();
        _peer.Dispose();
        _owner.Dispose();
        _ = Libc.Close(_pipe[0]);
        _ = Libc.Close(_pipe[1]);
    }

    [Fact]
    public void A_pipe_that_is_full_does_not_mean_that_the_socket_is_empty()
    {
        const int size = 25 * Page;
        _peer.Send(new byte[size]);
        var moved = 0;
        while (moved < size)
        {
            // No event comes for what is there already: it must be worth trying until it says Pending.
            Assert.True(_side.HasInput);
            var count = _side.SpliceTo(_pipe[1], size);
            if (count == StreamSocket.Pending)
            {
                // On its way through the kernel.
                _side.OnEvents(Epoll.In);
                continue;
            }
            Assert.InRange(count, 1, size - moved);
            moved += count;
            Empty(count);
        }
        Assert.Equal(StreamSocket.Pending, _side.SpliceTo(_pipe[1], size));
        Assert.False(_side.HasInput);
    }

    [Fact]
    public void The_end_is_no_reset()
    {
        _peer.Shutdown(SocketShutdown.Send);

        Assert.Equal(StreamSocket.End, SpliceWhenThere());
        Assert.False(_side.IsReset);
    }

    [Fact]
    public void A_reset_is_no_end()
    {
        _peer.LingerState = new LingerOption(true, 0);
        _peer.Dispose();

        Assert.Equal(StreamSocket.Broken, SpliceWhenThere());
        Assert.True(_side.IsReset);
    }

    [Fact]
    public void What_does_not_fit_into_the_socket_stays_in_the_pipe()
    {
        var sent = 0;
        while (true)
        {
            ulong word = 1;
            Assert.Equal(sizeof(ulong), Libc.Write(_pipe[1], in word, sizeof(ulong)));
            var count = _side.SpliceFrom(_pipe[0], sizeof(ulong));
            if (count == StreamSocket.Pending)
            {
                break;
            }
            Assert.Equal(sizeof(ulong), count);
            sent += count;
        }
        Assert.False(_side.HasConnected);
        Assert.Equal(StreamSocket.Pending, _side.SpliceFrom(_pipe[0], sizeof(ulong)));
        var buffer = new byte[1024 * 1024];
        for (var received = 0; received < sent;)
        {
            received += _peer.Receive(buffer);
        }
        do
        {
            _side.OnEvents(Epoll.Out);
        }
        while (_side.SpliceFrom(_pipe[0], sizeof(ulong)) == StreamSocket.Pending);
        Assert.Equal(sizeof(ulong), _peer.Receive(buffer));
    }

    private int SpliceWhenThere()
    {
        int count;
        while ((count = _side.SpliceTo(_pipe[1], Page)) == StreamSocket.Pending)
        {
            _side.OnEvents(Epoll.In);
        }
        return count;
    }

    private void Empty(int count)
    {
        for (ulong word = 0; count > 0;)
        {
            count -= (int)Libc.Read(_pipe[0], ref word, Math.Min(count, sizeof(ulong)));
        }
    }
}
