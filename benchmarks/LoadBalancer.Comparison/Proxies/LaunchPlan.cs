namespace LoadBalancer.Comparison.Proxies;

/// <summary>A command line.</summary>
/// <param name="Program">The path of the program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Environment">Variables on top of this process's, or null.</param>
public sealed record LaunchPlan(string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string>? Environment = null);
