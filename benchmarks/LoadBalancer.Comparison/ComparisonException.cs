namespace LoadBalancer.Comparison;

/// <summary>The comparison cannot be made; the message says why and what to do.</summary>
public sealed class ComparisonException(string message) : Exception(message);
