using System.CommandLine;
using System.Runtime.InteropServices;
using LoadBalancer.Comparison;
using LoadBalancer.Comparison.Report;

return await CommandLine.Build(CompareAsync).Parse(args).InvokeAsync(new InvocationConfiguration
{
    // After Ctrl+C the proxies are killed and the files deleted; that takes a moment.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
    EnableDefaultExceptionHandler = false,
});

static async Task<int> CompareAsync(Options options, CancellationToken interrupted)
{
    using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
    using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        stop.Cancel();
    });
    var folder = Directory.CreateTempSubdirectory("lb-comparison-").FullName;
    var report = new List<string>();
    try
    {
        var participants = await Participants.FindAsync(options, Console.Error.WriteLine);
        string[] header =
        [
            .. Surroundings.Machine(),
            .. participants.Versions,
            $"setting: {options.Threads} threads per proxy, {options.Rounds} rounds of {options.Duration.TotalSeconds:0} s, median (lowest–highest), × is the ratio to the better of HAProxy and nginx",
        ];
        Console.WriteLine(string.Join('\n', header) + "\n");
        report.Add(string.Concat(header.Select(line => $"- {line}\n")));
        var run = new ComparisonRun(options, participants, folder, Console.Error.WriteLine);
        Console.Error.WriteLine($"this takes about {run.Estimate().TotalMinutes:0.#} minutes");
        await foreach (var table in run.RunAsync(stop.Token))
        {
            Console.WriteLine(table.ToText());
            report.Add(table.ToMarkdown());
        }
        return 0;
    }
    catch (Exception e) when (e is ComparisonException or InvalidOperationException or FormatException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("interrupted");
        return 130;
    }
    finally
    {
        if (options.Markdown is not null && report.Count > 0)
        {
            await File.WriteAllTextAsync(options.Markdown, string.Join('\n', report), CancellationToken.None);
        }
        Directory.Delete(folder, recursive: true);
    }
}
