using System.IO.Pipelines;

namespace LoadBalancer.Http;

/// <summary>Reads the body of a request so that another attempt can go on reading where one was called off.</summary>
internal static class ClientBody
{
    /// <summary>
    /// Waits for more from the client. Kestrel's body cannot be read again after its own token has canceled a read, but
    /// after the read has been called off.
    /// </summary>
    /// <param name="body">Kestrel's own reader.</param>
    /// <param name="stop">Calls the read off.</param>
    public static async ValueTask<ReadResult> ReadAsync(PipeReader body, CancellationToken stop)
    {
        await using var registration = stop.UnsafeRegister(static body => ((PipeReader)body!).CancelPendingRead(), body).ConfigureAwait(false);
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
}
