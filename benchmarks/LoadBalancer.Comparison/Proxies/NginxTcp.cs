using System.Text.RegularExpressions;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Comparison.Proxies;

/// <summary>Finds nginx's stream module, which relays TCP.</summary>
public static partial class NginxTcp
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>The path of the module, "" when it is built in, null when there is none.</summary>
    public static async Task<string?> FindAsync(string program)
    {
        await using var nginx = ChildProcess.Start(program, ["-V"]);
        _ = await nginx.WaitForExitAsync(s_limit);
        var arguments = nginx.Output;
        if (BuiltIn().IsMatch(arguments))
        {
            return "";
        }
        var module = Path.Combine(ModulesPath().Match(arguments).Groups[1].Value, "ngx_stream_module.so");
        return File.Exists(module) ? module : null;
    }

    [GeneratedRegex(@"--with-stream(\s|$)")]
    private static partial Regex BuiltIn();

    [GeneratedRegex(@"--modules-path=(\S+)")]
    private static partial Regex ModulesPath();
}
