using System.CommandLine;
using LoadBalancer.Comparison.Workloads;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison;

/// <summary>The options on the command line.</summary>
internal static class CommandLine
{
    private static readonly string[] s_kinds = ["lb", "haproxy", "nginx"];

    private static readonly Option<string> s_only = new("--only") { Description = "Proxies to run, of " + string.Join(',', s_kinds), DefaultValueFactory = _ => string.Join(',', s_kinds) };
    private static readonly Option<string[]> s_lb = new("--lb") { Description = "The balancer's program, PATH or LABEL=PATH; may be given several times", DefaultValueFactory = _ => [Path.Combine(Tools.RepositoryRoot, "artifacts", "lb", "lb")] };
    private static readonly Option<string> s_engines = new("--lb-engine") { Description = "Engines to run the balancer with, such as kestrel,reactor (default: its own choice)", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_work = new("--work") { Description = "Work items to run, of " + string.Join(',', Workload.All.Select(workload => workload.Name)), DefaultValueFactory = _ => string.Join(',', Workload.All.Select(workload => workload.Name)) };
    private static readonly Option<string> s_connections = new("--connections") { Description = "Numbers of client connections, such as 16,64,256", DefaultValueFactory = _ => "64" };
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads or worker processes of every proxy", DefaultValueFactory = _ => 2 };
    private static readonly Option<int> s_rounds = new("--rounds") { Description = "Counted rounds", DefaultValueFactory = _ => 5 };
    private static readonly Option<int> s_duration = new("--duration") { Description = "Seconds per proxy and round", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> s_warmUp = new("--warm-up") { Description = "Seconds per proxy before the first counted round", DefaultValueFactory = _ => 4 };
    private static readonly Option<double?> s_rate = new("--rate") { Description = "Requests per second of the equal load (default: half of what the slowest proxy can)" };
    private static readonly Option<string?> s_markdown = new("--markdown") { Description = "Write the report to this file, too, as Markdown" };

    /// <summary>A command that runs <paramref name="compare"/> with what was asked for.</summary>
    public static RootCommand Build(Func<Options, CancellationToken, Task<int>> compare)
    {
        AcceptRange(s_threads, 1, 64);
        AcceptRange(s_rounds, 1, 100);
        AcceptRange(s_duration, 1, 600);
        AcceptRange(s_warmUp, 1, 600);
        var command = new RootCommand("Compares the balancer with HAProxy and nginx, side by side on this machine.")
        {
            s_only, s_lb, s_engines, s_work, s_connections, s_threads, s_rounds, s_duration, s_warmUp, s_rate, s_markdown,
        };
        command.SetAction((result, cancellation) => compare(Read(result), cancellation));
        return command;
    }

    private static Options Read(ParseResult result) => new()
    {
        Only = List(result.GetRequiredValue(s_only), "--only", kind => s_kinds.FirstOrDefault(known => known == kind), s_kinds),
        Balancers = result.GetRequiredValue(s_lb),
        Engines = result.GetRequiredValue(s_engines).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Workloads = List(result.GetRequiredValue(s_work), "--work", name => Workload.All.FirstOrDefault(workload => workload.Name == name), Workload.All.Select(workload => workload.Name)),
        Connections = [.. List(result.GetRequiredValue(s_connections), "--connections", text => int.TryParse(text, out var count) && count is > 0 and <= 4096 ? (object)count : null, ["1 to 4096"]).Cast<int>()],
        Threads = result.GetValue(s_threads),
        Rounds = result.GetValue(s_rounds),
        Duration = TimeSpan.FromSeconds(result.GetValue(s_duration)),
        WarmUp = TimeSpan.FromSeconds(result.GetValue(s_warmUp)),
        Rate = result.GetValue(s_rate),
        Markdown = result.GetValue(s_markdown),
    };

    private static List<T> List<T>(string text, string option, Func<string, T?> find, IEnumerable<string> known)
        where T : class =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(item => find(item) ?? throw new ComparisonException($"{option}: '{item}' is none of {string.Join(", ", known)}"))];

    private static void AcceptRange(Option<int> option, int from, int to) => option.Validators.Add(result =>
    {
        if (result.GetValue(option) is var value && (value < from || value > to))
        {
            result.AddError($"{option.Name} must be from {from} to {to}, not {value}");
        }
    });
}
