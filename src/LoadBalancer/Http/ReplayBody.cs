using System.Buffers;
using System.IO.Pipelines;
using LoadBalancer.Core.Resilience;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>
/// The body of a request as it comes from the client, with a copy of what was read, so that another attempt can read it
/// from the start. A body that turns out longer than the limit is passed on all the same, and can be read once.
/// </summary>
internal sealed class ReplayBody(PipeReader body, int limit) : BodyStream
{
    private const int LeastBuffer = 4096;

    private readonly Lock _lock = new();
    private byte[] _copy = [];
    private int _length;
    private int _position;
    private bool _isLost;
    private bool _isHeld;
    private bool _isEnded;

    /// <summary>Takes the place of the body of a request that the policy may repeat; null when there is nothing to keep.</summary>
    public static ReplayBody? For(HttpContext context, RetryPolicy policy)
    {
        if (!policy.MayRepeat || policy.BufferLimit == 0 || !Repeatable.HasBody(context) || !Repeatable.IsIdempotent(context) || context.Request.ContentLength > policy.BufferLimit)
        {
            return null;
        }
        var body = new ReplayBody(context.Request.BodyReader, policy.BufferLimit);
        context.Request.Body = body;
        return body;
    }

    /// <summary>True when all that was read is kept, and stays so until <see cref="Rewind"/> or <see cref="Release"/>, also while an attempt still reads.</summary>
    public bool TryHold()
    {
        lock (_lock)
        {
            _isHeld = !_isLost;
            return _isHeld;
        }
    }

    /// <summary>There is no next attempt: of what is still read no more is kept than the limit.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _isHeld = false;
        }
    }

    /// <summary>The next attempt reads from the start. Nobody else may be reading.</summary>
    /// <exception cref="InvalidOperationException">The start is not there any more.</exception>
    public void Rewind()
    {
        if (_isLost)
        {
            throw new InvalidOperationException("the body was longer than what is kept");
        }
        _isHeld = false;
        _position = 0;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position < _length)
        {
            var again = Math.Min(buffer.Length, _length - _position);
            _copy.AsSpan(_position, again).CopyTo(buffer.Span);
            _position += again;
            return again;
        }
        if (_isEnded)
        {
            return 0;
        }
        var read = await ClientBody.ReadAsync(body, cancellationToken).ConfigureAwait(false);
        var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        read.Buffer.Slice(0, count).CopyTo(buffer.Span);
        _isEnded = read.IsCompleted && count == read.Buffer.Length;
        body.AdvanceTo(read.Buffer.GetPosition(count));
        Keep(buffer.Span[..count]);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        Forget();
        base.Dispose(disposing);
    }

    private void Keep(ReadOnlySpan<byte> read)
    {
        lock (_lock)
        {
            if (_isLost)
            {
                return;
            }
            if (_length + read.Length > limit && !_isHeld)
            {
                _isLost = true;
                Forget();
                return;
            }
            if (_length + read.Length > _copy.Length)
            {
                Grow(_length + read.Length);
            }
            read.CopyTo(_copy.AsSpan(_length));
            _length += read.Length;
            _position = _length;
        }
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(LeastBuffer, Math.Min(2 * _copy.Length, limit))));
        _copy.AsSpan(0, _length).CopyTo(larger);
        Return();
        _copy = larger;
    }

    private void Forget()
    {
        Return();
        _copy = [];
        _length = 0;
        _position = 0;
    }

    private void Return()
    {
        if (_copy.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_copy);
        }
    }
}
