namespace LoadBalancer.Configuration;

/// <summary>Something wrong, or doubtful, in lb.json: where it is and what to do about it.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">From 1; 0 when it is about the file as a whole.</param>
/// <param name="Column">From 1, in UTF-16 code units; 0 when it is about the file as a whole.</param>
/// <param name="Path">The option ("services.api.balance", "routing.routes[2].path"), or "".</param>
/// <param name="Message">One sentence with the remedy, without a final dot.</param>
public sealed record ConfigurationError(string File, int Line, int Column, string Path, string Message)
{
    /// <summary>"lb.json:12:7: services.api.balanse: unknown key; did you mean "balance"?".</summary>
    public override string ToString()
    {
        var place = Line == 0 ? File : FormattableString.Invariant($"{File}:{Line}:{Column}");
        return Path.Length == 0 ? $"{place}: {Message}" : $"{place}: {Path}: {Message}";
    }
}
