using System.Buffers;
using System.IO.Pipelines;

namespace LoadBalancer.Http.Mirroring;

/// <summary>
/// The body of a request as it is read from the client, with each part shown to the copy. Reading may be called off and
/// go on, see <see cref="ClientBody"/>: what comes again for another attempt is kept above.
/// </summary>
internal sealed class MirroredBody(PipeReader body, MirrorCopy copy) : BodyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var read = await ClientBody.ReadAsync(body, cancellationToken).ConfigureAwait(false);
            var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
            read.Buffer.Slice(0, count).CopyTo(buffer.Span);
            body.AdvanceTo(read.Buffer.GetPosition(count));
            if (count > 0)
            {
                copy.Append(buffer.Span[..count]);
                return count;
            }
            if (read.IsCompleted)
            {
                copy.Complete();
                return 0;
            }
        }
        return 0;
    }
}
