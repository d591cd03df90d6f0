using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Core.Stickiness;

/// <summary>
/// Which endpoint of one snapshot a client's cookie names. The cookie holds a token: 64 bits of an HMAC over the names of the
/// service and the endpoint's identity. So every balancer with the same secret reads it, a restart changes nothing, an
/// instance that moves to another address keeps its sessions, and the client learns nothing.
/// </summary>
public sealed class StickyTable
{
    /// <summary>What an endpoint may be and still keep the sessions that it has: it gets no new ones, but it works.</summary>
    private const Unavailability Draining = Unavailability.Drain | Unavailability.NoWeight | Unavailability.OrderedDrain;

    private const int TokenLength = 16;

    private readonly Dictionary<ulong, EndpointState> _states;
    private readonly Dictionary<Endpoint, ulong> _tokens;
    private readonly byte[] _cookieBytes;
    private readonly string _attributes;

    private StickyTable(StickyOptions options, string service, ImmutableArray<EndpointState> endpoints)
    {
        Options = options;
        var key = Encoding.UTF8.GetBytes(options.Secret ?? "");
        // Services are compared without regard to case.
        var name = service.ToLowerInvariant();
        Cookie = options.Cookie ?? $"lb-{(uint)TokenOf([], name):x8}";
        _cookieBytes = Encoding.ASCII.GetBytes(Cookie);
        _attributes = AttributesOf(options);
        _states = new Dictionary<ulong, EndpointState>(endpoints.Length);
        _tokens = new Dictionary<Endpoint, ulong>(endpoints.Length);
        foreach (var state in endpoints)
        {
            var token = TokenOf(key, $"{name}\0{state.Endpoint.Id.Node}\0{state.Endpoint.Id.ServiceId}");
            _states[token] = state;
            _tokens[state.Endpoint] = token;
        }
    }

    /// <summary>What the configuration says of the cookie.</summary>
    public StickyOptions Options { get; }

    /// <summary>The name of the cookie.</summary>
    public string Cookie { get; }

    /// <inheritdoc cref="Cookie"/>
    public ReadOnlySpan<byte> CookieBytes => _cookieBytes;

    /// <summary>The table of a snapshot; null when the service is not sticky.</summary>
    [return: NotNullIfNotNull(nameof(options))]
    internal static StickyTable? Create(StickyOptions? options, string service, ImmutableArray<EndpointState> endpoints) =>
        options is null ? null : new StickyTable(options, service, endpoints);

    /// <summary>The token in one Cookie field; null when it has none that can be one.</summary>
    public ulong? Read(ReadOnlySpan<char> field)
    {
        while (CookieField.TryTake(ref field, Cookie, out var value))
        {
            if (value.Length == TokenLength && ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var token))
            {
                return token;
            }
        }
        return null;
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{char})"/>
    public ulong? Read(ReadOnlySpan<byte> field)
    {
        while (CookieField.TryTake(ref field, CookieBytes, out var value))
        {
            if (value.Length == TokenLength && ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var token))
            {
                return token;
            }
        }
        return null;
    }

    /// <summary>The endpoint that a token names, if it may have the client's requests; else null.</summary>
    /// <param name="token">What <see cref="Read(ReadOnlySpan{char})"/> gave.</param>
    /// <param name="tag">Only if it has this tag; "" for any.</param>
    public EndpointState? Find(ulong token, string tag) =>
        _states.TryGetValue(token, out var state) && (state.Unavailability & ~Draining) == Unavailability.None
        && (tag.Length == 0 || state.Observed.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
            ? state : null;

    /// <summary>The token of an endpoint of this snapshot.</summary>
    public ulong TokenOf(Endpoint endpoint) => _tokens[endpoint];

    /// <summary>The value of the Set-Cookie field that makes the client stay.</summary>
    /// <param name="token">The endpoint's.</param>
    /// <param name="isTls">True when the client came over TLS.</param>
    public string SetCookie(ulong token, bool isTls) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Cookie}={token:x16}{_attributes}{(Options.Secure == SecureCookie.Always || (isTls && Options.Secure == SecureCookie.Auto) ? "; Secure" : "")}");

    private static string AttributesOf(StickyOptions options)
    {
        var text = new StringBuilder($"; Path={options.Path}");
        if (options.Domain is not null)
        {
            text.Append("; Domain=").Append(options.Domain);
        }
        if (options.Lifetime > TimeSpan.Zero)
        {
            text.Append(CultureInfo.InvariantCulture, $"; Max-Age={(long)Math.Ceiling(options.Lifetime.TotalSeconds)}");
        }
        if (options.HttpOnly)
        {
            text.Append("; HttpOnly");
        }
        return text.Append("; SameSite=").Append(options.SameSite).ToString();
    }

    private static ulong TokenOf(byte[] key, string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
