namespace LoadBalancer.TestSupport;

/// <summary>Finds the real programs that tests run against.</summary>
public static class Tools
{
    /// <summary>
    /// The path of <paramref name="name"/>: the environment variable LB_TEST_&lt;NAME&gt;, artifacts/tools/bin of the
    /// repository (filled by tests/tools.sh), or the PATH. Null when it is nowhere.
    /// </summary>
    public static string? Find(string name)
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("LB_TEST_" + name.ToUpperInvariant()),
            Path.Combine(RepositoryRoot, "artifacts", "tools", "bin", name),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Select(folder => Path.Combine(folder, name)),
        ];
        return candidates.FirstOrDefault(File.Exists);
    }

    /// <summary>Why a test that needs <paramref name="name"/> was skipped, and how to have it run.</summary>
    public static string Missing(string name) => $"{name} is not installed: run tests/tools.sh, or put {name} on the PATH";

    /// <summary>The folder with LoadBalancer.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "LoadBalancer.sln")))
            {
                return folder;
            }
        }
        throw new InvalidOperationException("the tests run outside the repository: no LoadBalancer.sln above " + AppContext.BaseDirectory);
    }
}
