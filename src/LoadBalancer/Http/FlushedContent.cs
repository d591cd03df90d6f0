using System.Net;

namespace LoadBalancer.Http;

/// <summary>The content of another request, flushed after every write, with its attempt told how far it has got.</summary>
internal sealed class FlushedContent : HttpContent
{
    private readonly HttpContent _body;
    private readonly Attempt _attempt;

    public FlushedContent(HttpContent body, Attempt attempt)
    {
        _body = body;
        _attempt = attempt;
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            // One by one: a field may be repeated.
            foreach (var value in values)
            {
                Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await _body.CopyToAsync(new FlushingStream(stream, _attempt), context, cancellationToken).ConfigureAwait(false);
        _attempt.Sent();
    }

    /// <summary>False: what is known of the length stands in the Content-Length field.</summary>
    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
