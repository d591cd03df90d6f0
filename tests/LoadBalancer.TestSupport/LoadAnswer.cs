namespace LoadBalancer.TestSupport;

/// <summary>One request of a <see cref="ConstantLoad"/>; times are timestamps of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
/// <param name="Sent">When it was sent.</param>
/// <param name="Received">When its answer was complete.</param>
/// <param name="Status">0 without an answer.</param>
/// <param name="Instance">The id of the instance that answered.</param>
/// <param name="Fault">What was wrong with the answer, or null.</param>
public readonly record struct LoadAnswer(long Sent, long Received, int Status, string Instance, string? Fault);
