using System.CommandLine;
using System.Globalization;
using LoadBalancer.Admin.Orders;
using LoadBalancer.Commands;
using LoadBalancer.Commands.Demo;
using LoadBalancer.Core.Health.Orders;

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

var drain = Order(OrderWords.Drain, "Take an endpoint out of new traffic: what runs may finish, and clients that are bound to it stay. It stays so until another order comes, whatever its source says.", takesWeight: false);
var maintenance = Order(OrderWords.Maintenance, "Take an endpoint out of all traffic. It stays so until another order comes, whatever its source says.", takesWeight: false);
var ready = Order(OrderWords.Ready, "Take back what was ordered for an endpoint, or only give it another weight.", takesWeight: true);

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

var root = new RootCommand("lb, a service-aware load balancer: a service in Consul is reachable at <service>.haproxy.service.consul.") { run, check, status, drain, ready, maintenance, demo, instance };
// The commands listen for signals themselves: the first drains, the second ends the program.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

Command Order(string word, string description, bool takesWeight)
{
    var target = new Argument<string>("SERVICE/ENDPOINT") { Description = "The endpoint by its id (api/node-1/api-1), its address (api/10.0.0.7:8080), its service id (api/api-1), or api/* for all of api." };
    target.Validators.Add(static result =>
    {
        if (result.Tokens.Count == 1 && OrderCommand.Problem(result.Tokens[0].Value) is { } problem)
        {
            result.AddError(problem);
        }
    });
    var weight = new Option<int?>("--weight") { Description = "A weight from 0 to 65535 in the place of the one that its source says." };
    weight.Validators.Add(static result =>
    {
        if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > OperatorOrder.MaxWeight))
        {
            result.AddError($"--weight: '{result.Tokens[0].Value}' is not a weight; a weight is a number from 0 to {OperatorOrder.MaxWeight}");
        }
    });
    var order = new Command(word, description) { target, admin };
    if (takesWeight)
    {
        order.Add(weight);
    }
    order.SetAction((arguments, stop) => OrderCommand.RunAsync(
        word, arguments.GetValue(target)!, takesWeight ? arguments.GetValue(weight) : null, arguments.GetValue(admin)!, Console.Out, Console.Error, stop));
    return order;
}

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
