namespace LoadBalancer.Http;

/// <summary>The target of a forwarded request.</summary>
internal static class RequestTarget
{
    private static readonly UriCreationOptions s_asWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>
    /// The path and query exactly as the client wrote them (RFC 9112 section 3.2: origin form, or what follows the authority
    /// of the absolute form) on an endpoint. Kestrel has checked the syntax; encoding again would change what some endpoints see.
    /// </summary>
    /// <param name="rawTarget">The request target as received.</param>
    /// <param name="endpointPrefix">"http://10.0.0.1:80/".</param>
    public static Uri Of(string rawTarget, string endpointPrefix)
    {
        var target = PathAndQueryOf(rawTarget);
        var prefix = target.StartsWith('/') ? endpointPrefix.AsSpan(0, endpointPrefix.Length - 1) : endpointPrefix;
        return new Uri(string.Concat(prefix, target), s_asWritten);
    }

    /// <summary>The path exactly as the client wrote it.</summary>
    public static ReadOnlySpan<char> PathOf(string rawTarget)
    {
        var target = PathAndQueryOf(rawTarget);
        var query = target.IndexOf('?');
        return query switch
        {
            < 0 => target,
            0 => "/",
            _ => target[..query],
        };
    }

    private static ReadOnlySpan<char> PathAndQueryOf(ReadOnlySpan<char> target)
    {
        if (target.StartsWith('/'))
        {
            return target;
        }
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        target = scheme < 0 ? "/" : target[(scheme + 3)..];
        var path = target.IndexOfAny('/', '?');
        return path < 0 ? "/" : target[path..];
    }
}
