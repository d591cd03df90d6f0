using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>Where one proxy runs.</summary>
/// <param name="Folder">An existing folder of its own.</param>
/// <param name="Port">Where it must listen on 127.0.0.1.</param>
/// <param name="AdminPort">A free port for whatever else it wants to listen on.</param>
/// <param name="BackendPorts">Its endpoints on 127.0.0.1.</param>
/// <param name="Kind">What it must relay.</param>
/// <param name="Threads">Threads or worker processes that move bytes.</param>
/// <param name="Connections">Client connections to be ready for.</param>
public sealed record ProxySite(string Folder, int Port, int AdminPort, IReadOnlyList<int> BackendPorts, WorkloadKind Kind, int Threads, int Connections);
