using System.Collections.ObjectModel;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// A program: exit code 0 is passing, 1 warning, anything else critical. It is started without a shell; past its time
/// limit it is killed with its children.
/// </summary>
/// <param name="command">The program and its arguments; at least one.</param>
/// <param name="timeout">The limit for one run.</param>
/// <param name="time">The clock of the limit.</param>
/// <param name="environment">Variables that the program gets besides those of this process.</param>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#script-checks"/></remarks>
public sealed class CommandCheck(IReadOnlyList<string> command, TimeSpan timeout, TimeProvider time, IReadOnlyDictionary<string, string>? environment = null) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return new CheckResult(CheckStatus.Critical, $"cannot start {command[0]}: {e.Message}") { IsShortage = Shortage.IsBehind(e) };
        }
        try
        {
            process.StandardInput.Close();
            // Both pipes at once: a program that fills one of them while the other is read would never exit.
            var output = CheckOutput.HeadAndDrainAsync(process.StandardOutput, linked.Token);
            var error = CheckOutput.HeadAndDrainAsync(process.StandardError, linked.Token);
            await Task.WhenAll(output, error, process.WaitForExitAsync(linked.Token));
            var status = process.ExitCode switch
            {
                0 => CheckStatus.Passing,
                1 => CheckStatus.Warning,
                _ => CheckStatus.Critical,
            };
            var words = await output + await error;
            var first = CheckOutput.FirstLine(words);
            return new CheckResult(status, words)
            {
                Summary = string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode} of {command[0]}{(first.Length == 0 ? "" : ": ")}{first}"),
            };
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return new CheckResult(CheckStatus.Critical, string.Create(CultureInfo.InvariantCulture, $"{command[0]} did not end within {timeout.TotalSeconds:0.###} s and was killed"));
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1))
        {
            info.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment ?? ReadOnlyDictionary<string, string>.Empty)
        {
            info.Environment[name] = value;
        }
        return info;
    }
}
