namespace LoadBalancer.Soak.Messages;

/// <summary>Something came that must not come: the balancer has a defect.</summary>
internal sealed class MismatchException(string message) : Exception(message);
