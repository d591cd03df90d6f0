using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Core.Resilience;

/// <summary>How long each phase of a request or connection may take.</summary>
public sealed record TimeoutOptions : IValidatableObject
{
    /// <summary>A connection to an endpoint is made.</summary>
    [Description("How long connecting to an endpoint may take, as a duration; then the next one is tried.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>From the whole request being sent to the head of the answer; null for as long as <see cref="Idle"/>.</summary>
    [Description("How long an endpoint that has got the whole request may take until the head of its answer comes, as a duration; then the request ends with 504, or is retried where `retry.on` says so. Absent or `null`: as long as `idle`.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "41.16:00:00")]
    public TimeSpan? FirstByte { get; init; }

    /// <summary>No byte moves in either direction.</summary>
    [Description("How long a request may go on without a byte in either direction, as a duration; then it ends with 504, or with 408 when it is the client that sends nothing.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "41.16:00:00")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The whole request, over all attempts; null for no limit.</summary>
    [Description("How long a request may take in all, over all attempts and to the last byte of the answer, as a duration; then it ends with 504, and an answer that has begun is cut off visibly. What it waited under `limits` does not count, under `endpointLimits` it does. Absent or `null`: no limit.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "41.16:00:00")]
    public TimeSpan? Request { get; init; }

    /// <summary>No byte moves in either direction of a tunnel: a TCP connection, or an HTTP one after its upgrade.</summary>
    [Description("How long a WebSocket or a connection of a `tcp` or `tls` listener may carry nothing in either direction, as a duration; then it is closed.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "41.16:00:00")]
    public TimeSpan Tunnel { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A tunnel, however much it is used; null for no limit.</summary>
    [Description("How long a WebSocket or a connection of a `tcp` or `tls` listener may last, however much it is used, as a duration; then it is closed, so that its client comes back to the endpoints of that time. Absent or `null`: no limit.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "41.16:00:00")]
    public TimeSpan? Lifetime { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (FirstByte > Idle)
        {
            yield return new ValidationResult("is longer than idle, which ends a silent request first; raise idle, or lower this", [nameof(FirstByte)]);
        }
    }
}
