using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Load;

/// <summary>One run of a driver against one proxy.</summary>
/// <param name="Workload">What is asked for.</param>
/// <param name="Port">Where the proxy listens on 127.0.0.1.</param>
/// <param name="Connections">Connections, or for new connections per request: how many at once.</param>
/// <param name="Threads">Threads of a driver that can use several.</param>
/// <param name="Duration">How long requests are sent.</param>
/// <param name="Rate">Requests per second to send, whatever the proxy does; null sends as fast as answers come.</param>
public sealed record LoadPlan(Workload Workload, int Port, int Connections, int Threads, TimeSpan Duration, double? Rate = null);
