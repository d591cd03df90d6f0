namespace LoadBalancer.IntegrationTests.Harness;

/// <summary>
/// The engine that the behaviour suite runs over: the environment variable LB_TEST_ENGINE, kestrel without it. Behaviour
/// is the same over every engine; a test that holds for one only asks <see cref="IsKestrel"/>.
/// </summary>
public static class Engine
{
    public const string Kestrel = "kestrel";

    public static string Current { get; } = Environment.GetEnvironmentVariable("LB_TEST_ENGINE") is { Length: > 0 } engine ? engine : Kestrel;

    public static bool IsKestrel => Current == Kestrel;
}
