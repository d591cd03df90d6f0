using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Http;

/// <summary>One sending of a request to an endpoint: how far it has got, and what was decided about it.</summary>
/// <param name="timeouts">The limits of its phases.</param>
/// <param name="firstByte">The time for the first byte of the answer; null where the idle timeout is enough.</param>
internal sealed class Attempt(TimeoutOptions timeouts, FirstByteLimit? firstByte) : IDisposable
{
    // Written by whoever sends, read when the attempt has failed.
    private volatile SendPhase _phase;
    private volatile bool _isAnswered;

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout => timeouts.Connect;

    /// <summary>The field of the request that was sent first; null before anything was sent.</summary>
    public string? FirstField { get; private set; }

    /// <summary>The request that may be hedged; null when it may not, and for the hedge itself.</summary>
    public Exchange? Hedged { get; init; }

    /// <summary>True when the answer was thrown away for that of another endpoint.</summary>
    public bool IsDiscarded { get; set; }

    public SendPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>True when the head of the answer is there.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>True when the whole answer has been passed on, whatever became of the rest of the request.</summary>
    public bool IsComplete { get; set; }

    /// <summary>True when it is the endpoint's turn: to take more of the request, or to begin to answer.</summary>
    public bool IsAwaited => !_isAnswered && _phase is SendPhase.AwaitingEndpoint or SendPhase.Sent;

    /// <summary>True when the answer did not begin in its time.</summary>
    public bool HasExpired => firstByte is { HasExpired: true };

    /// <summary>The head of the request is being written.</summary>
    public void Begin(string field, bool hasBody)
    {
        FirstField = field;
        if (hasBody)
        {
            _phase = SendPhase.AwaitingClient;
        }
        else
        {
            Sent();
        }
    }

    /// <summary>The whole request is sent.</summary>
    public void Sent()
    {
        _phase = SendPhase.Sent;
        firstByte?.Start();
    }

    /// <summary>The head of the answer is there.</summary>
    public void Answered()
    {
        _isAnswered = true;
        firstByte?.Stop();
    }

    public void Dispose() => firstByte?.Dispose();
}
