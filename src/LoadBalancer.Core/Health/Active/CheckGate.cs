using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Core.Health.Active;

/// <summary>
/// Bounds the checks of a catalog that are under way at once, in order of arrival: ten thousand endpoints that do not answer
/// cost neither as many sockets nor as many processes.
/// </summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "A semaphore without a wait handle has nothing to dispose of.")]
internal sealed class CheckGate
{
    private readonly SemaphoreSlim _connections = new(1024);
    private readonly SemaphoreSlim _processes = new(32);

    /// <summary>What a check of this kind waits for.</summary>
    public SemaphoreSlim For(ActiveCheckType? type) => type == ActiveCheckType.Command ? _processes : _connections;
}
