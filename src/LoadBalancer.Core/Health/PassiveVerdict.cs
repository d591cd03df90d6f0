namespace LoadBalancer.Core.Health;

/// <summary>What <see cref="PassiveHealth"/> says of an endpoint.</summary>
/// <param name="Ejected">Why it is out, for people; null when it is not.</param>
/// <param name="Sixteenths">How much of its weight is in force, see <see cref="SlowStart"/>.</param>
internal readonly record struct PassiveVerdict(string? Ejected, int Sixteenths);
