using System.CommandLine;
using LoadBalancer.Commands;
using LoadBalancer.Commands.Demo;

var config = new Option<FileInfo>("--config", "-c")
{
    Description = "The configuration file.",
    DefaultValueFactory = static _ => new FileInfo("lb.json"),
};
var run = new Command("run", "Run the balancer. SIGTERM and Ctrl+C drain it, a changed configuration file is applied at once.") { config };
run.SetAction((arguments, stop) => RunCommand.RunAsync(arguments.GetValue(config)!, Console.Error, stop));

var check = new Command("check", "Check the configuration file: every error with line, column and remedy.") { config };
check.SetAction(arguments => CheckCommand.Run(arguments.GetValue(config)!, Console.Out, Console.Error));

var admin = new Option<Uri>("--admin")
{
    Description = "The admin interface of the balancer to ask.",
    DefaultValueFactory = static _ => new Uri("http://127.0.0.1:8404"),
    CustomParser = static result =>
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var uri))
        {
            return uri;
        }
        result.AddError($"--admin: '{text}' is not an address; write it like 127.0.0.1:8404");
        return null;
    },
};
var quiet = new Option<bool>("--quiet", "-q") { Description = "Say it with the exit code only: 0 ready, 1 not ready, 2 no answer." };
var status = new Command("status", "Ask a running balancer whether it is ready and what it knows.") { admin, quiet };
status.SetAction((arguments, stop) => StatusCommand.RunAsync(arguments.GetValue(admin)!, arguments.GetValue(quiet), Console.Out, Console.Error, stop));

var port = Port("--port", "The balancer's port.", DemoPorts.Default.Web);
var adminPort = Port("--admin-port", "The admin interface's port.", DemoPorts.Default.Admin);
var registryPort = Port("--registry-port", "The HTTP port of the embedded registry.", DemoPorts.Default.Registry);
var dnsPort = Port("--dns-port", "The DNS port of the embedded registry.", DemoPorts.Default.Dns);
var demo = new Command("demo", "Show the main job on an embedded registry; needs nothing else.") { port, adminPort, registryPort, dnsPort };
demo.SetAction((arguments, stop) => DemoCommand.RunAsync(
    new DemoPorts(arguments.GetValue(port), arguments.GetValue(adminPort), arguments.GetValue(registryPort), arguments.GetValue(dnsPort)),
    Console.Out, Console.Error, stop));

var name = new Argument<string>("name") { Description = "What it answers with; the service's name is what stands before the last '-'." };
name.Validators.Add(static result =>
{
    if (result.Tokens.Count == 1 && result.Tokens[0].Value.LastIndexOf('-') < 1)
    {
        result.AddError($"'{result.Tokens[0].Value}' names no service; write it like api-1");
    }
});
var instancePort = Port("--port", "The port that it listens on.", 8080);
var instance = new Command("instance", "Run an instance that registers itself with the Consul agent at $CONSUL_HTTP_ADDR. For docker-compose.yml.") { name, instancePort };
instance.Hidden = true;
instance.SetAction((arguments, stop) => InstanceCommand.RunAsync(arguments.GetValue(name)!, arguments.GetValue(instancePort), Console.Error, stop));

var root = new RootCommand("lb, a service-aware load balancer: a service in Consul is reachable at <service>.haproxy.service.consul.") { run, check, status, demo, instance };
// The commands listen for signals themselves: the first drains, the second ends the program.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static Option<int> Port(string name, string description, int otherwise)
{
    var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var value) || value is < 1 or > 65535))
        {
            result.AddError($"{name}: '{result.Tokens[0].Value}' is not a port; a port is a number from 1 to 65535");
        }
    });
    return option;
}
