using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>
/// The body of a request as it comes from the client. Reading may be called off, and another attempt, or Kestrel when it
/// takes the rest off the connection, goes on where that was.
/// </summary>
internal sealed class ClientBody(PipeReader body) : BodyStream
{
    /// <summary>Takes the place of Kestrel's own stream.</summary>
    public static void Wrap(HttpRequest request) => request.Body = new ClientBody(request.BodyReader);

    /// <summary>
    /// Waits for more from the client. Kestrel's body cannot be read again after its own token has canceled a read, but
    /// after the read has been called off.
    /// </summary>
    /// <param name="body">Kestrel's own reader.</param>
    /// <param name="stop">Calls the read off.</param>
    public static async ValueTask<ReadResult> ReadAsync(PipeReader body, CancellationToken stop)
    {
        await using var registration = stop.UnsafeRegister(static body => CallOff((PipeReader)body!), body).ConfigureAwait(false);
        while (true)
        {
            var read = await body.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (!read.IsCanceled)
            {
                return read;
            }
            body.AdvanceTo(read.Buffer.Start);
            // Without it, this is what an earlier attempt called off too late.
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The next part; with an empty buffer, waits until there is one.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await ReadAsync(body, cancellationToken).ConfigureAwait(false);
        var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        read.Buffer.Slice(0, count).CopyTo(buffer.Span);
        body.AdvanceTo(read.Buffer.GetPosition(count));
        return count;
    }

    private static void CallOff(PipeReader body)
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The connection has just been aborted, which ends the read, too. Whoever calls off is a timer, perhaps, and must
            // not get an exception.
        }
    }
}
