using System.Buffers;
using System.Net;

namespace LoadBalancer.Http.Mirroring;

/// <summary>The copy of a request's body, gathered as the original streams by.</summary>
internal sealed class MirrorContent(int limit) : HttpContent
{
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <summary>Adds the next part; false when the body is longer than the limit.</summary>
    public bool TryAppend(ReadOnlySpan<byte> part)
    {
        if (part.Length > limit - _body.WrittenCount)
        {
            return false;
        }
        _body.Write(part);
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_body.WrittenMemory, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = _body.WrittenCount;
        return true;
    }
}
