namespace LoadBalancer.Core.Health.Checks;

/// <summary>What an <see cref="HttpCheck"/> sends.</summary>
public sealed record HttpCheckOptions
{
    /// <summary>An absolute http or https address.</summary>
    public required Uri Target { get; init; }

    /// <summary>The request method.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>Request headers, each with its values; <c>Host</c> replaces the one of <see cref="Target"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Headers { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The request body, or empty for none.</summary>
    public string Body { get; init; } = "";

    /// <summary>The limit for the whole exchange.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Accepts any server certificate.</summary>
    public bool TlsSkipVerify { get; init; }
}
