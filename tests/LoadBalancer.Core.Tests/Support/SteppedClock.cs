using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>A clock that stands still, and whose wall time an operator can set without any time passing.</summary>
internal sealed class SteppedClock : FakeTimeProvider
{
    /// <summary>How far the wall clock was set forward or back.</summary>
    public TimeSpan Step { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
