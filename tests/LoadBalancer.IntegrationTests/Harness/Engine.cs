namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// The engine that the behaviour suite runs over: the environment variable LB_TEST_ENGINE, without it what the program takes
/// by itself. Behaviour is the same over every engine; a test that holds for one only asks <see cref="IsKestrel"/>.
/// </summary>
public static class Engine
{
    public const string Kestrel = "kestrel";

    public const string Reactor = "reactor";

    /// <summary>What is asked for; null leaves it to the program.</summary>
    public static string? Asked { get; } = Environment.GetEnvironmentVariable("LB_TEST_ENGINE") is { Length: > 0 } engine ? engine : null;

    public static bool IsKestrel => (Asked ?? (OperatingSystem.IsLinux() ? Reactor : Kestrel)) == Kestrel;
}
