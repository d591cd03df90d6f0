namespace LoadBalancer.Http.Mirroring;

/// <summary>The body of a request as it is read from the client, with each part shown to the copy.</summary>
internal sealed class MirroredBody(Stream body, MirrorCopy copy) : BodyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0)
        {
            copy.Append(buffer.Span[..count]);
        }
        else if (!buffer.IsEmpty)
        {
            copy.Complete();
        }
        return count;
    }
}
