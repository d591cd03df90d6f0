namespace LoadBalancer.Comparison.Load;

/// <summary>Sends load to one proxy.</summary>
public interface ILoadDriver
{
    /// <summary>Runs to the end of the plan's duration and a bounded time for what is still outstanding.</summary>
    Task<LoadResult> RunAsync(LoadPlan plan, CancellationToken cancellation);
}
