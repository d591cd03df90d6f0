using System.Diagnostics.CodeAnalysis;

namespace LoadBalancer.Core.Resilience;

/// <summary>What a rate is of: "service", "client" or "header:X-Key".</summary>
/// <param name="Key">The kind.</param>
/// <param name="Header">The name of the header field; "" for the others.</param>
public sealed record RateLimitPer(RateLimitKey Key, string Header) : IParsable<RateLimitPer>
{
    private const string HeaderPrefix = "header:";

    // RFC 9110 section 5.6.2.
    private static readonly System.Buffers.SearchValues<char> s_token =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Of all requests together.</summary>
    public static RateLimitPer Service { get; } = new(RateLimitKey.Service, "");

    /// <summary>Of each client address.</summary>
    public static RateLimitPer Client { get; } = new(RateLimitKey.Client, "");

    /// <summary>Reads one of the forms.</summary>
    /// <exception cref="FormatException">It is none of them; the message says what is wrong.</exception>
    public static RateLimitPer Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        var header = s.StartsWith(HeaderPrefix, StringComparison.Ordinal) ? s[HeaderPrefix.Length..] : null;
        return s switch
        {
            "service" => Service,
            "client" => Client,
            _ when header is null => throw new FormatException($"a rate cannot be counted per \"{s}\"; write \"service\", \"client\" or \"header:X-Key\""),
            _ when header.Length == 0 || header.AsSpan().ContainsAnyExcept(s_token) => throw new FormatException($"\"{header}\" is not the name of a header field"),
            _ => new RateLimitPer(RateLimitKey.Header, header),
        };
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out RateLimitPer result)
    {
        try
        {
            result = s is null ? null : Parse(s, provider);
        }
        catch (FormatException)
        {
            result = null;
        }
        return result is not null;
    }

    /// <summary>As it stands in lb.json.</summary>
    public override string ToString() => Key switch
    {
        RateLimitKey.Client => "client",
        RateLimitKey.Header => HeaderPrefix + Header,
        _ => "service",
    };
}
