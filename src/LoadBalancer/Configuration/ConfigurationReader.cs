using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Meta;
using LoadBalancer.Configuration.Rules;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration;

/// <summary>Reads the text of lb.json: syntax, then every option, then the rules between options.</summary>
public static class ConfigurationReader
{
    /// <summary>Reads UTF-8 text. No input makes it throw.</summary>
    /// <param name="text">The content.</param>
    /// <param name="file">What the file is called in errors.</param>
    /// <param name="folder">The absolute folder that paths in the text are relative to.</param>
    /// <param name="stateFolder">The same for files that the program writes; null for <paramref name="folder"/>.</param>
    public static ConfigurationResult Read(ReadOnlyMemory<byte> text, string file, string folder, string? stateFolder = null)
    {
        var (root, syntaxErrors) = JsonTree.Parse(text);
        if (root is null)
        {
            return new ConfigurationResult(null, [.. syntaxErrors.Select(error => ConfigurationReport.ToError(file, error))], []);
        }
        var report = new ConfigurationReport(file, root);
        foreach (var error in syntaxErrors)
        {
            report.Error(error);
        }
        var options = new OptionsBinder(report, folder, stateFolder ?? folder).Bind<LbOptions>(root);
        // The rules would only repeat what is wrong already, or take what was left out for missing.
        if (report.ErrorCount == 0 && options is not null)
        {
            ConfigurationRules.Check(options, root, report);
        }
        if (report.ErrorCount > 0 || options is null)
        {
            return new ConfigurationResult(null, report.Errors, report.Warnings);
        }
        options = options with { Layers = new ServiceLayers(options, root, folder, stateFolder ?? folder) };
        return new ConfigurationResult(options, [], report.Warnings);
    }
}
