using System.Globalization;

namespace LoadBalancer.Comparison.Measure;

/// <summary>A process and its descendants.</summary>
internal static class ProcessTree
{
    /// <summary>Their ids as of now, its own first.</summary>
    public static IReadOnlyList<int> Of(int processId)
    {
        var children = Directory.GetDirectories("/proc")
            .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
            .Select(folder => (Id: int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), Stat: TryRead(folder + "/stat")))
            .Where(process => process.Stat is not null)
            .ToLookup(process => ProcessStat.Parse(process.Stat!).ParentId, process => process.Id);
        IEnumerable<int> Below(int id) => children[id].SelectMany(child => Below(child).Prepend(child));
        return [processId, .. Below(processId)];
    }

    /// <summary>The sum of their resident set sizes, in bytes.</summary>
    public static long ResidentBytes(int processId) =>
        Of(processId).Select(id => TryRead($"/proc/{id}/stat")).OfType<string>().Sum(stat => ProcessStat.Parse(stat).ResidentPages) * Environment.SystemPageSize;

    /// <summary>A file of /proc; null when its thread or process has ended, which may be between its listing and its reading.</summary>
    public static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
