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

    /// <summary>The smallest number of requests in flight over weight of all; ties in turn.</summary>
    LeastConnections,

    /// <summary>At random, by weight.</summary>
    Random,

    /// <summary>
    /// The first that is below the limit of requests per endpoint, the heaviest first, so that the others stay idle and can be
    /// turned off.
    /// </summary>
    First,

    /// <summary>By a key of the request: the same key goes to the same endpoint while that is available and not overloaded.</summary>
    Hash,

    /// <summary>The better of two distinct choices by latency times what is in flight.</summary>
    PeakEwma,
}
