using System.Runtime.InteropServices;
using LoadBalancer.Comparison.Native;
using Microsoft.Win32.SafeHandles;

namespace LoadBalancer.Comparison.Backends;

/// <summary>
/// One thread behind two ports of 127.0.0.1: one echoes what it receives, the other sends an endless stream with
/// sendfile, so that the only copies of bulk data are the proxy's.
/// </summary>
public sealed class TcpBackend : IDisposable
{
    private const int StreamBytes = 4 * 1024 * 1024;
    private const int Chunk = 256 * 1024;

    private readonly Thread _thread;
    private readonly int _echoListener;
    private readonly int _bulkListener;
    private readonly HashSet<int> _echo = [];
    private readonly HashSet<int> _bulk = [];
    private volatile bool _stopping;
    private long _streamed;

    /// <summary>Listens at once; throws when a port is taken.</summary>
    public TcpBackend(int echoPort, int bulkPort)
    {
        EchoPort = echoPort;
        BulkPort = bulkPort;
        _echoListener = TcpSocket.Listen(echoPort);
        _bulkListener = TcpSocket.Listen(bulkPort);
        _thread = new Thread(Run) { IsBackground = true, Name = "tcp backend" };
        _thread.Start();
    }

    public int EchoPort { get; }

    public int BulkPort { get; }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Run()
    {
        using var epoll = new Epoll();
        using var file = StreamFile();
        var stream = (int)file.DangerousGetHandle();
        var buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
        epoll.Watch(_echoListener, Epoll.In, _echoListener);
        epoll.Watch(_bulkListener, Epoll.In, _bulkListener);
        while (!_stopping)
        {
            var ready = epoll.Wait(100_000_000);
            for (var i = 0; i < ready; i++)
            {
                Step(epoll, epoll.ReadyKey(i), stream, buffer);
            }
        }
        foreach (var fd in (int[])[.. _echo, .. _bulk, _echoListener, _bulkListener])
        {
            _ = Libc.Close(fd);
        }
    }

    private void Step(Epoll epoll, int fd, int stream, byte[] buffer)
    {
        if (fd == _echoListener)
        {
            // Blocking, but received from with MSG_DONTWAIT: only a send could block, and a message is small.
            Accept(epoll, fd, flags: 0, Epoll.In, _echo);
        }
        else if (fd == _bulkListener)
        {
            Accept(epoll, fd, Libc.SockNonBlock, Epoll.Out, _bulk);
        }
        else if (_echo.Contains(fd) && !Echo(fd, buffer))
        {
            _ = _echo.Remove(fd);
            _ = Libc.Close(fd);
        }
        else if (_bulk.Contains(fd) && !Stream(fd, stream))
        {
            _ = _bulk.Remove(fd);
            _ = Libc.Close(fd);
        }
    }

    private static void Accept(Epoll epoll, int listener, int flags, uint events, HashSet<int> accepted)
    {
        var fd = Libc.Accept(listener, 0, 0, flags | Libc.SockCloseOnExec);
        if (fd >= 0)
        {
            TcpSocket.NoDelay(fd);
            _ = accepted.Add(fd);
            epoll.Watch(fd, events, fd);
        }
    }

    private static unsafe bool Echo(int fd, byte[] buffer)
    {
        fixed (byte* data = buffer)
        {
            var count = Libc.Receive(fd, data, buffer.Length, Libc.MsgDontWait);
            return count < 0
                ? Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EIntr
                : count > 0 && Libc.Send(fd, data, count, Libc.MsgNoSignal) == count;
        }
    }

    // Real pages, and more of them than a cache next to a core holds: a copy then costs what a copy costs.
    private static SafeFileHandle StreamFile()
    {
        var file = new SafeFileHandle(Libc.CreateMemoryFile("bulk", 0), ownsHandle: true);
        var content = new byte[StreamBytes];
        content.AsSpan().Fill((byte)'x');
        RandomAccess.Write(file, content, 0);
        return file;
    }

    private bool Stream(int fd, int stream)
    {
        var offset = _streamed++ * Chunk % StreamBytes;
        return Libc.SendFile(fd, stream, ref offset, Chunk) >= 0 || Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EIntr;
    }
}
