using LoadBalancer.Comparison.Proxies;
using LoadBalancer.Comparison.Report;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison;

/// <summary>The programs that are here: the proxies to compare, the backend and the HTTP driver.</summary>
/// <param name="Proxies">At least two.</param>
/// <param name="BackendProgram">nginx as the HTTP backend, or null: no HTTP work item then.</param>
/// <param name="WrkProgram">wrk, or null: this program saturates with its own driver then.</param>
/// <param name="Versions">A line for each program.</param>
public sealed record Participants(IReadOnlyList<IProxy> Proxies, string? BackendProgram, string? WrkProgram, IReadOnlyList<string> Versions)
{
    /// <summary>
    /// Looks for everything that the options ask for, and tells <paramref name="warn"/> one line for each program that
    /// is missing. Throws <see cref="ComparisonException"/> when nothing is left to compare.
    /// </summary>
    public static async Task<Participants> FindAsync(Options options, Action<string> warn)
    {
        List<IProxy> proxies = [];
        List<string> versions = [];
        if (options.Only.Contains("lb"))
        {
            foreach (var (label, path) in options.Balancers.Select(Labelled))
            {
                if (!File.Exists(path))
                {
                    warn($"no balancer at {path}: dotnet publish src/LoadBalancer -c Release -o artifacts/lb (or --lb PATH)");
                    continue;
                }
                versions.Add($"{label}: {await Surroundings.VersionAsync(path, "--version")}");
                proxies.AddRange(options.Engines is []
                    ? [new Balancer(label, path, null)]
                    : options.Engines.Select(engine => new Balancer($"{label}-{engine}", path, engine)));
            }
        }
        if (options.Only.Contains("haproxy") && Find("haproxy", "haproxy", warn) is { } haproxy)
        {
            versions.Add("haproxy: " + await Surroundings.VersionAsync(haproxy, "-v"));
            proxies.Add(new HaProxy(haproxy, splice: false));
            proxies.Add(new HaProxy(haproxy, splice: true));
        }
        var nginx = Find("nginx", "nginx-light", warn);
        if (nginx is not null)
        {
            versions.Add("nginx: " + await Surroundings.VersionAsync(nginx, "-v"));
        }
        if (options.Only.Contains("nginx") && nginx is not null)
        {
            var stream = await NginxTcp.FindAsync(nginx);
            if (stream is null)
            {
                warn("nginx has no stream module, so it takes no part in the TCP work items: apt-get install libnginx-mod-stream");
            }
            proxies.Add(new Nginx(nginx, stream));
        }
        var wrk = Find("wrk", "wrk", warn);
        if (wrk is not null)
        {
            versions.Add("wrk: " + await Surroundings.VersionAsync(wrk, "-v"));
        }
        return proxies.Count < 2
            ? throw new ComparisonException("nothing to compare: fewer than two proxies are here")
            : new Participants(proxies, nginx, wrk, versions);
    }

    private static (string Label, string Path) Labelled(string argument)
    {
        var parts = argument.Split('=', 2);
        return parts.Length == 2 ? (parts[0], Path.GetFullPath(parts[1])) : ("lb", Path.GetFullPath(argument));
    }

    private static string? Find(string program, string package, Action<string> warn)
    {
        var path = Tools.Find(program);
        if (path is null)
        {
            warn($"{program} is missing: apt-get install {package}");
        }
        return path;
    }
}
