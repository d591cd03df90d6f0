// An instance of a service as a process: LoadBalancer.TestBackend ID PORT DELAY-IN-MILLISECONDS. It lives until it is killed.
using System.Globalization;
using LoadBalancer.TestSupport;

await using var instance = await Instance.StartAsync(args[0], int.Parse(args[1], CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(double.Parse(args[2], CultureInfo.InvariantCulture)));
Console.WriteLine($"{instance.Id} is listening");
await Task.Delay(Timeout.Infinite);
