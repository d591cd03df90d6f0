using System.CommandLine;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Soak;

/// <summary>The options on the command line.</summary>
internal static class CommandLine
{
    private static readonly Option<string> s_lb = new("--lb") { Description = "The balancer's program", DefaultValueFactory = _ => Path.Combine(Tools.RepositoryRoot, "artifacts", "lb", "lb") };
    private static readonly Option<string> s_engine = new("--engine") { Description = "The engine of its listeners: kestrel, reactor or auto", DefaultValueFactory = _ => "auto" };
    private static readonly Option<int> s_duration = new("--duration") { Description = "Seconds at most", DefaultValueFactory = _ => 60 };
    private static readonly Option<long> s_requests = new("--requests") { Description = "Requests after which it is enough; 0 for no bound", DefaultValueFactory = _ => 0 };
    private static readonly Option<int> s_workers = new("--workers") { Description = "Clients at once", DefaultValueFactory = _ => 48 };
    private static readonly Option<int> s_seed = new("--seed") { Description = "Seed of everything that is chosen by chance", DefaultValueFactory = _ => 1 };

    public static RootCommand Build()
    {
        var command = new RootCommand("Drives the balancer with clients and endpoints that leave at any moment, and checks that nothing is lost, mixed up, doubled or left behind.")
        {
            s_lb, s_engine, s_duration, s_requests, s_workers, s_seed,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var program = Path.GetFullPath(result.GetRequiredValue(s_lb));
            if (!File.Exists(program))
            {
                Console.Error.WriteLine($"no balancer at {program}: dotnet publish src/LoadBalancer -c Release -o artifacts/lb (or --lb PATH)");
                return 2;
            }
            var verdict = await new SoakRun(new SoakOptions
            {
                Program = program,
                Engine = result.GetRequiredValue(s_engine),
                Duration = TimeSpan.FromSeconds(result.GetValue(s_duration)),
                Requests = result.GetValue(s_requests) is > 0 and var bound ? bound : long.MaxValue,
                Workers = result.GetValue(s_workers),
                Seed = result.GetValue(s_seed),
            }, Console.Error.WriteLine).RunAsync(cancellation);
            Console.WriteLine(verdict);
            return verdict.IsGood ? 0 : 1;
        });
        return command;
    }
}
