using System.CommandLine;
using System.Globalization;
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
    private static readonly Option<int> s_idle = new("--idle-connections") { Description = "Connections of the work item idle, fewer where the limit on open files says so", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads or worker processes of every proxy", DefaultValueFactory = _ => 2 };
    private static readonly Option<int> s_rounds = new("--rounds") { Description = "Counted rounds", DefaultValueFactory = _ => 5 };
    private static readonly Option<int> s_duration = new("--duration") { Description = "Seconds per proxy and round", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> s_warmUp = new("--warm-up") { Description = "Seconds per proxy before the first counted round", DefaultValueFactory = _ => 4 };
    private static readonly Option<double?> s_rate = new("--rate") { Description = "Requests per second of the equal load (default: a third of what the slowest proxy can)" };
    private static readonly Option<string?> s_markdown = new("--markdown") { Description = "Write the report to this file, too, as Markdown" };

    /// <summary>A command that runs <paramref name="compare"/> with what was asked for.</summary>
    public static RootCommand Build(Func<Options, CancellationToken, Task<int>> compare)
    {
        AcceptList(s_only, Kind, s_kinds);
        AcceptList(s_work, Work, Workload.All.Select(workload => workload.Name));
        AcceptList(s_connections, Count, ["1 to 4096"]);
        AcceptRange(s_idle, 1, 60_000);
        AcceptRange(s_threads, 1, 64);
        AcceptRange(s_rounds, 1, 100);
        AcceptRange(s_duration, 1, 600);
        AcceptRange(s_warmUp, 1, 600);
        s_rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is < 1 or > 1_000_000)
            {
                result.AddError($"{s_rate.Name} must be from 1 to 1000000");
            }
        });
        var command = new RootCommand("Compares the balancer with HAProxy and nginx, side by side on this machine.")
        {
            s_only, s_lb, s_engines, s_work, s_connections, s_idle, s_threads, s_rounds, s_duration, s_warmUp, s_rate, s_markdown,
        };
        command.SetAction((result, cancellation) => compare(Read(result), cancellation));
        return command;
    }

    private static Options Read(ParseResult result) => new()
    {
        Only = Items(result.GetRequiredValue(s_only)),
        Balancers = result.GetRequiredValue(s_lb),
        Engines = Items(result.GetRequiredValue(s_engines)),
        Workloads = [.. Items(result.GetRequiredValue(s_work)).Select(Work).OfType<Workload>()],
        Connections = [.. Items(result.GetRequiredValue(s_connections)).Select(Count).OfType<int>()],
        IdleConnections = result.GetValue(s_idle),
        Threads = result.GetValue(s_threads),
        Rounds = result.GetValue(s_rounds),
        Duration = TimeSpan.FromSeconds(result.GetValue(s_duration)),
        WarmUp = TimeSpan.FromSeconds(result.GetValue(s_warmUp)),
        Rate = result.GetValue(s_rate),
        Markdown = result.GetValue(s_markdown),
    };

    private static string[] Items(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? Kind(string text) => s_kinds.FirstOrDefault(kind => kind == text);

    private static Workload? Work(string text) => Workload.All.FirstOrDefault(workload => workload.Name == text);

    private static int? Count(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 4096 ? count : null;

    private static void AcceptList<T>(Option<string> option, Func<string, T?> find, IEnumerable<string> known) => option.Validators.Add(result =>
    {
        var items = Items(result.GetValueOrDefault<string>() ?? "");
        if (items is [])
        {
            result.AddError($"{option.Name} needs at least one of {string.Join(", ", known)}");
        }
        foreach (var item in items.Where(item => find(item) is null))
        {
            result.AddError($"{option.Name}: '{item}' is none of {string.Join(", ", known)}");
        }
    });

    private static void AcceptRange(Option<int> option, int from, int to) => option.Validators.Add(result =>
    {
        if (result.GetValue(option) is var value && (value < from || value > to))
        {
            result.AddError($"{option.Name} must be from {from} to {to}, not {value}");
        }
    });
}
