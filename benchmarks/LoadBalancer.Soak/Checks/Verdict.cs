namespace LoadBalancer.Soak.Checks;

/// <summary>What a run found.</summary>
/// <param name="Summary">The figures, a line each.</param>
/// <param name="Wrong">How many things were wrong.</param>
/// <param name="Violations">The first of them.</param>
internal sealed record Verdict(IReadOnlyList<string> Summary, int Wrong, IReadOnlyCollection<string> Violations)
{
    public bool IsGood => Wrong == 0;

    /// <summary>Everything, the last line being the verdict.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)
    [
        .. Summary,
        .. Violations.Select(static violation => "WRONG: " + violation),
        IsGood ? "sound: nothing lost, mixed up, doubled or left behind" : $"UNSOUND: {Wrong} things are wrong",
    ]);
}
