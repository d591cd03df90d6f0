using System.Runtime.InteropServices;
using LoadBalancer.Comparison.Native;

namespace LoadBalancer.Comparison.Load;

/// <summary>One connection of a load loop and the request that it carries, if any.</summary>
internal sealed unsafe class ClientConnection(int port, byte[] request, IAnswerReader reader)
{
    /// <summary>The descriptor, or -1.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <summary>When the outstanding request should have been sent, as a Stopwatch timestamp.</summary>
    public long Due { get; private set; }

    public bool Busy { get; private set; }

    public IAnswerReader Reader => reader;

    private int _sent;

    /// <summary>Opens it anew; false when the connect failed at once.</summary>
    public bool Open(Epoll epoll, int key)
    {
        Close();
        Descriptor = TcpSocket.Connect(port);
        if (Descriptor < 0)
        {
            return false;
        }
        epoll.Watch(Descriptor, Epoll.In | Epoll.Out | Epoll.EdgeTriggered, key);
        return true;
    }

    public void Close()
    {
        if (Descriptor >= 0)
        {
            _ = Libc.Close(Descriptor);
            Descriptor = -1;
        }
        Busy = false;
    }

    /// <summary>Begins a request; what the socket does not take at once follows when it is writable.</summary>
    public ConnectionState Begin(long due)
    {
        Due = due;
        Busy = true;
        _sent = 0;
        reader.Reset();
        return Continue(buffer: []);
    }

    /// <summary>Sends and receives as much as goes without waiting.</summary>
    public ConnectionState Continue(Span<byte> buffer)
    {
        if (Busy && _sent < request.Length && !SendRest())
        {
            return ConnectionState.Closed;
        }
        fixed (byte* data = buffer)
        {
            while (buffer.Length > 0)
            {
                var skippable = Busy ? reader.Skippable : 0;
                var count = skippable > 0
                    ? Libc.Receive(Descriptor, data, (nint)skippable, Libc.MsgTrunc)
                    : Libc.Receive(Descriptor, data, buffer.Length, 0);
                if (count < 0 && Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EIntr)
                {
                    break;
                }
                if (count <= 0 || !Busy)
                {
                    return ConnectionState.Closed;
                }
                if (skippable > 0)
                {
                    reader.Skip(count);
                }
                else
                {
                    reader.Read(buffer[..(int)count]);
                }
                if (reader.Complete)
                {
                    Busy = false;
                    return ConnectionState.Answered;
                }
            }
        }
        return ConnectionState.Waiting;
    }

    private bool SendRest()
    {
        fixed (byte* data = request)
        {
            var count = Libc.Send(Descriptor, data + _sent, request.Length - _sent, Libc.MsgNoSignal);
            if (count < 0)
            {
                return Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EIntr;
            }
            _sent += (int)count;
            return true;
        }
    }
}
