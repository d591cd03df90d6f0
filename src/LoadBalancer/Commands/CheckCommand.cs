using LoadBalancer.Configuration;
using LoadBalancer.Configuration.Options;

namespace LoadBalancer.Commands;

/// <summary><c>lb check</c>: reads the configuration and says what is wrong with it, without starting anything.</summary>
public static class CheckCommand
{
    /// <summary>Checks one file.</summary>
    /// <param name="config">The file; shown as the user wrote it.</param>
    /// <param name="output">Gets the summary of a good file.</param>
    /// <param name="error">Gets errors and warnings, one a line.</param>
    /// <returns>The exit code: 0 for a file that can be used, with or without warnings; 1 for one that cannot.</returns>
    public static int Run(FileInfo config, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var result = ConfigurationFile.Read(config.ToString());
        foreach (var wrong in result.Errors)
        {
            error.WriteLine(wrong);
        }
        foreach (var warning in result.Warnings)
        {
            error.WriteLine(warning with { Message = "warning: " + warning.Message });
        }
        if (!result.IsValid)
        {
            return 1;
        }
        output.WriteLine($"{config}: ok ({Summary(result.Options)})");
        return 0;
    }

    private static string Summary(LbOptions options)
    {
        var sources = Enum.GetValues<SourceKind>().Where(kind => IsConfigured(kind, options.Discovery)).Select(kind => kind.ToName()).ToArray();
        return string.Join(", ",
        [
            Count(options.Listeners.Count, "listener"),
            Count(options.Routing.Routes.Count, "route"),
            sources.Length == 0 ? "no source" : $"{(sources.Length == 1 ? "source" : "sources")} {string.Join(" and ", sources)}",
        ]);
    }

    private static bool IsConfigured(SourceKind kind, DiscoveryOptions discovery) => kind switch
    {
        SourceKind.Consul => discovery.Consul is not null,
        SourceKind.Dns => discovery.Dns is not null,
        _ => discovery.Static.Count > 0,
    };

    private static string Count(int count, string what) => FormattableString.Invariant($"{count} {what}{(count == 1 ? "" : "s")}");
}
