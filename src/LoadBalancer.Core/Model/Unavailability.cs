namespace LoadBalancer.Core.Model;

/// <summary>Why an endpoint gets no new traffic. Every input keeps its own bit; none set means available.</summary>
[Flags]
public enum Unavailability
{
    /// <summary>It is available.</summary>
    None = 0,

    /// <summary>The source says that a check of it or of its node is critical.</summary>
    Critical = 1,

    /// <summary>The source says that it is in maintenance: what runs may finish.</summary>
    Drain = 2,

    /// <summary>Its weight is 0.</summary>
    NoWeight = 4,

    /// <summary>
    /// What it did with traffic, or how often it came and went, tells against it; it is tried again after a growing time, and
    /// before that when nobody else is left.
    /// </summary>
    Ejected = 8,

    /// <summary>The balancer's own checks of it fail.</summary>
    Unhealthy = 16,

    /// <summary>The operator ordered it to drain: no new traffic, but what runs may finish, and clients that are bound to it stay.</summary>
    OrderedDrain = 32,

    /// <summary>The operator ordered it into maintenance: no traffic at all.</summary>
    OrderedMaintenance = 64,
}
