namespace LoadBalancer.Core.Routing;

/// <summary>The host of a request's authority as routing compares it.</summary>
public static class HostName
{
    /// <summary>
    /// Without the port and without the final dot of a fully qualified name: "API.example.com.:8080" gives
    /// "API.example.com", "[::1]:80" gives "[::1]".
    /// </summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<char> authority)
    {
        var colon = authority.LastIndexOf(':');
        // In "[::1]" the last colon belongs to the address.
        if (colon >= 0 && authority[colon..].IndexOf(']') < 0)
        {
            authority = authority[..colon];
        }
        return authority.Length > 1 && authority[^1] == '.' ? authority[..^1] : authority;
    }
}
