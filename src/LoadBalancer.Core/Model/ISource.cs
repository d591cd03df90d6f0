namespace LoadBalancer.Core.Model;

/// <summary>Where endpoints come from. It observes until it is cancelled and never gives up by itself.</summary>
public interface ISource
{
    /// <summary>"consul", "dns" or "static".</summary>
    string Name { get; }

    /// <summary>
    /// Reports what it sees to <paramref name="feed"/> until <paramref name="stop"/>. Errors of the outside are
    /// reported and retried inside; an exception other than cancellation is a defect.
    /// </summary>
    Task RunAsync(ISourceFeed feed, CancellationToken stop);
}
