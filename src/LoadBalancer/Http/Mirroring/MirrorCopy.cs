using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Http.Mirroring;

/// <summary>
/// The copy of one request: gathered while the original goes on, then sent once it is whole, or dropped. Whoever comes first
/// decides: the body's end, its limit, or the end of the original.
/// </summary>
/// <param name="service">Who gets it; its <see cref="MirroredRequests.TryBegin"/> was called.</param>
/// <param name="message">The head; the endpoint is not chosen yet.</param>
/// <param name="content">The body; null when there is none.</param>
/// <param name="send">Called once it is whole.</param>
internal sealed class MirrorCopy(Service service, HttpRequestMessage message, MirrorContent? content, Action<MirrorCopy> send) : IDisposable
{
    private int _isDecided;

    public Service Service => service;

    public HttpRequestMessage Message => message;

    /// <summary>The target as the client wrote it.</summary>
    public required string RawTarget { get; init; }

    /// <summary>Only endpoints with this tag; "" for all.</summary>
    public required string Tag { get; init; }

    /// <summary>What it is to its connections and to the balancing.</summary>
    public required Exchange Exchange { get; init; }

    /// <summary>What a connection on behalf of the original's client says of it.</summary>
    public required ProxyHeader Header { get; init; }

    /// <summary>The next part of the body.</summary>
    public void Append(ReadOnlySpan<byte> part)
    {
        if (Volatile.Read(ref _isDecided) == 0 && !content!.TryAppend(part))
        {
            Dispose();
        }
    }

    /// <summary>The request has come to its end.</summary>
    public void Complete()
    {
        if (TryDecide())
        {
            send(this);
        }
    }

    /// <summary>The original is over: what is not whole by now never will be.</summary>
    public void Dispose()
    {
        if (TryDecide())
        {
            message.Dispose();
            service.Mirrored.End(isSent: false);
        }
    }

    private bool TryDecide() => Interlocked.Exchange(ref _isDecided, 1) == 0;
}
