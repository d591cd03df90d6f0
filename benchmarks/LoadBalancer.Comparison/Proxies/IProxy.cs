using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>A program that is compared, in one configuration.</summary>
public interface IProxy
{
    /// <summary>What the report calls it.</summary>
    string Name { get; }

    /// <summary>Whether the others are measured against it.</summary>
    bool IsYardstick { get; }

    /// <summary>Whether it takes part in this work item.</summary>
    bool Serves(Workload workload);

    /// <summary>Writes its configuration into the site's folder and says how to start it in the foreground.</summary>
    LaunchPlan Prepare(ProxySite site);
}
