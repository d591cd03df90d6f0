using System.Text;

namespace LoadBalancer.Comparison.Report;

/// <summary>A titled table of text.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Headers">One per column; the first column is left-aligned, the others right.</param>
/// <param name="Rows">As many cells each as there are headers.</param>
public sealed record Table(string Title, IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>For a terminal.</summary>
    public string ToText()
    {
        int[] widths = [.. Headers.Select((header, i) => Math.Max(header.Length, Rows.Select(row => row[i].Length).DefaultIfEmpty().Max()))];
        string Line(IReadOnlyList<string> cells) =>
            string.Join("  ", cells.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])));
        var text = new StringBuilder().Append(Title).Append('\n').Append(Line(Headers)).Append('\n');
        _ = text.Append('-', widths.Sum() + (2 * (widths.Length - 1))).Append('\n');
        foreach (var row in Rows)
        {
            _ = text.Append(Line(row)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>For a document.</summary>
    public string ToMarkdown()
    {
        static string Line(IEnumerable<string> cells) => "| " + string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))) + " |\n";
        return $"### {Title}\n\n" + Line(Headers) + Line(Headers.Select((_, i) => i == 0 ? "---" : "---:")) + string.Concat(Rows.Select(Line));
    }
}
