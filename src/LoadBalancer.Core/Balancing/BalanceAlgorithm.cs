namespace LoadBalancer.Core.Balancing;

/// <summary>How a picker chooses among the available endpoints of the lowest priority group.</summary>
public enum BalanceAlgorithm
{
    /// <summary>In turn, each as often as its weight says, spread out evenly.</summary>
    RoundRobin,

    /// <summary>
    /// The better of two distinct choices by requests in flight over weight; the first choice is taken in turn, the second at
    /// random. Weights hold exactly while nothing queues up.
    /// </summary>
    LeastRequest,
}
