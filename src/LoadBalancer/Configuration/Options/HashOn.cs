using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Configuration.Text;
using LoadBalancer.Core.Balancing.Hashing;

namespace LoadBalancer.Configuration.Options;

/// <summary>What of a request is hashed: "source", "path", "header:X-User", "cookie:session", "query:user".</summary>
[TextForm("what of a request to hash", "header:X-User", Pattern = $@"^(source|path|(header|cookie):{Token}|query:{Parameter})$")]
public sealed partial record HashOn : IParsable<HashOn>
{
    // RFC 9110 section 5.6.2; the name of a cookie is a token too (RFC 6265 section 4.1.1).
    private const string Token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private const string Parameter = @"[^&=#\s]+";
    private const string Forms = "\"source\", \"path\", \"header:X-User\", \"cookie:session\" or \"query:user\"";

    private static readonly string[] s_kinds = [.. Enum.GetNames<HashKeyKind>().Select(static name => name.ToLowerInvariant())];

    private HashOn(HashKey key) => Key = key;

    /// <summary>The client's address.</summary>
    public static HashOn Source { get; } = new(HashKey.Source);

    /// <summary>The same for pickers.</summary>
    public HashKey Key { get; }

    /// <summary>Reads one of the forms.</summary>
    /// <exception cref="FormatException">It is none of them; the message says what is wrong.</exception>
    public static HashOn Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        var colon = s.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? s : s[..colon];
        var index = Array.IndexOf(s_kinds, word);
        if (index < 0)
        {
            throw new FormatException(Nearest.Of(word, s_kinds) is { } nearest
                ? $"\"{word}\" cannot be hashed; did you mean \"{nearest}\"?"
                : $"\"{word}\" cannot be hashed; write {Forms}");
        }
        var kind = Enum.GetValues<HashKeyKind>()[index];
        var name = colon < 0 ? "" : s[(colon + 1)..];
        var isNamed = kind is HashKeyKind.Header or HashKeyKind.Cookie or HashKeyKind.Query;
        if (!isNamed)
        {
            return colon < 0 ? new HashOn(new HashKey(kind, "")) : throw new FormatException($"\"{word}\" takes no name; write \"{word}\"");
        }
        if (!(kind == HashKeyKind.Query ? ParameterForm() : TokenForm()).IsMatch(name))
        {
            throw new FormatException(name.Length == 0
                ? $"a name is missing; write {Forms}"
                : $"\"{name}\" is not the name of a {(kind == HashKeyKind.Header ? "header field" : kind == HashKeyKind.Cookie ? "cookie" : "query parameter")}");
        }
        return new HashOn(new HashKey(kind, name));
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out HashOn result)
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
    public override string ToString() => s_kinds[(int)Key.Kind] + (Key.Name.Length == 0 ? "" : ":" + Key.Name);

    [GeneratedRegex($@"^{Token}\z")]
    private static partial Regex TokenForm();

    [GeneratedRegex($@"^{Parameter}\z")]
    private static partial Regex ParameterForm();
}
