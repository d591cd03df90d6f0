namespace LoadBalancer.Configuration.Text;

/// <summary>Finds what somebody meant to write.</summary>
public static class Nearest
{
    private const int MaxLength = 64;

    /// <summary>
    /// The one of <paramref name="known"/> that is nearest to <paramref name="written"/> without regard to case, or
    /// null when none is near: at most one change per three characters.
    /// </summary>
    public static string? Of(string written, IEnumerable<string> known)
    {
        if (written.Length > MaxLength)
        {
            return null;
        }
        var limit = Math.Max(1, written.Length / 3);
        string? best = null;
        foreach (var candidate in known)
        {
            // The first of equals wins: the order of declaration, or of the file.
            if (candidate.Length <= MaxLength && Math.Abs(candidate.Length - written.Length) <= limit
                && Distance(written, candidate) is var distance && distance <= limit)
            {
                best = candidate;
                limit = distance - 1;
            }
        }
        return best;
    }

    /// <summary>
    /// Optimal string alignment: the least number of insertions, deletions, substitutions and swaps of neighbours.
    /// </summary>
    public static int Distance(string first, string second)
    {
        var before = new int[second.Length + 1];
        var last = new int[second.Length + 1];
        var row = new int[second.Length + 1];
        for (var j = 0; j <= second.Length; j++)
        {
            last[j] = j;
        }
        for (var i = 1; i <= first.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var same = Same(first[i - 1], second[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && Same(first[i - 1], second[j - 2]) && Same(first[i - 2], second[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
            (before, last, row) = (last, row, before);
        }
        return last[second.Length];
    }

    private static bool Same(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
