using System.Text;
using LoadBalancer.Core.Dispatching;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>
/// The head of the request that was parsed last (RFC 9112 sections 2 to 6). Strict: whatever could be read in two ways is
/// refused. One per loop, used again for every request.
/// </summary>
internal sealed class RequestHead
{
    private static readonly Refusal s_malformed = Refusal.BadRequest(400, "The request cannot be understood: its head breaks the rules of HTTP/1.1.");
    private static readonly Refusal s_noHost = Refusal.BadRequest(400, "The request has no Host field, or more than one, or one that is not a host.");
    private static readonly Refusal s_length = Refusal.BadRequest(400, "The Content-Length of the request is not one number.");
    private static readonly Refusal s_twoLengths = Refusal.BadRequest(400, "The request gives its length twice, by Content-Length and by Transfer-Encoding.");
    private static readonly Refusal s_coding = Refusal.BadRequest(501, "No other transfer coding than chunked is understood here.");
    private static readonly Refusal s_unknownEnd = Refusal.BadRequest(400, "The last transfer coding is not chunked: where the request ends is not known.");
    private static readonly Refusal s_oldChunks = Refusal.BadRequest(400, "HTTP/1.0 has no transfer codings.");
    private static readonly Refusal s_version = Refusal.BadRequest(505, "HTTP/1.1 and HTTP/1.0 are spoken here.");
    private static readonly Refusal s_tooMany = Refusal.BadRequest(431, "The request has too many header fields.");

    private const int LongestTarget = 8 * 1024;

    public FieldTable Table { get; } = new();

    public Slice Method { get; private set; }

    /// <summary>Path and query as the client wrote them; "*" for the server as a whole.</summary>
    public Slice Target { get; private set; }

    /// <summary>The host with its port; empty in HTTP/1.0 without one.</summary>
    public Slice Authority { get; private set; }

    public bool IsHttp11 { get; private set; }

    public bool IsChunked { get; private set; }

    /// <summary>0 when there is no body.</summary>
    public long ContentLength { get; private set; }

    public bool HasBody => IsChunked || ContentLength > 0;

    /// <summary>True when the client takes another request on the connection.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>
    /// True when the client asks for another protocol. That of HTTP/1.0, and of a request with content, which would have to be
    /// read by the old one first, is ignored (RFC 9110 section 7.8 allows or demands it).
    /// </summary>
    public bool WantsUpgrade { get; private set; }

    public bool IsHead { get; private set; }

    public bool IsConnect { get; private set; }

    public bool IsOptionsOfServer { get; private set; }

    /// <summary>Doing it twice is the same as doing it once (RFC 9110 section 9.2.2).</summary>
    public bool IsIdempotent { get; private set; }

    /// <summary>Parses a head.</summary>
    /// <param name="bytes">From the first byte of the request on.</param>
    /// <param name="length">How long the head is; 0 when more is needed.</param>
    /// <returns>Why it is refused; null when all is well so far.</returns>
    public Refusal? Parse(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        // RFC 9112 section 2.2: an empty line before the request is ignored.
        var start = bytes.StartsWith("\r\n"u8) ? 2 : 0;
        var line = bytes[start..];
        var end = line.IndexOf((byte)'\n');
        if (end < 0)
        {
            return null;
        }
        if (end == 0 || line[end - 1] != '\r')
        {
            return s_malformed;
        }
        if (ParseLine(line[..(end - 1)], start) is { } refusal)
        {
            return refusal;
        }
        var at = start + end + 1;
        switch (Table.Read(bytes, ref at))
        {
            case FieldStatus.Complete:
                length = at;
                return Interpret(bytes[..at]);
            case FieldStatus.TooMany:
                return s_tooMany;
            case FieldStatus.Malformed:
                return s_malformed;
            default:
                return null;
        }
    }

    private Refusal? ParseLine(ReadOnlySpan<byte> line, int start)
    {
        var first = line.IndexOf((byte)' ');
        if (first <= 0 || !HeadSyntax.IsToken(line[..first]))
        {
            return s_malformed;
        }
        var rest = line[(first + 1)..];
        var second = rest.IndexOf((byte)' ');
        if (second <= 0 || !HeadSyntax.IsTarget(rest[..second]))
        {
            return s_malformed;
        }
        if (second > LongestTarget)
        {
            return Refusal.TargetTooLong;
        }
        var version = rest[(second + 1)..];
        if (!version.SequenceEqual("HTTP/1.1"u8) && !version.SequenceEqual("HTTP/1.0"u8))
        {
            return version.Length == 8 && version.StartsWith("HTTP/"u8) && version[5] is >= (byte)'0' and <= (byte)'9' && version[6] == '.' && version[7] is >= (byte)'0' and <= (byte)'9'
                ? s_version
                : s_malformed;
        }
        IsHttp11 = version[7] == '1';
        Method = new Slice(start, first);
        Target = new Slice(start + first + 1, second);
        Authority = default;
        var method = line[..first];
        IsHead = method.SequenceEqual("HEAD"u8);
        IsConnect = method.SequenceEqual("CONNECT"u8);
        IsIdempotent = IsHead || method.SequenceEqual("GET"u8) || method.SequenceEqual("PUT"u8) || method.SequenceEqual("DELETE"u8)
            || method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("TRACE"u8);
        return ParseTarget(method, rest[..second], start + first + 1);
    }

    /// <summary>RFC 9112 section 3.2: origin form, absolute form, "*", or the authority form of CONNECT.</summary>
    private Refusal? ParseTarget(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, int start)
    {
        IsOptionsOfServer = false;
        if (IsConnect)
        {
            return null;
        }
        if (target[0] == '/')
        {
            return CheckPath(target);
        }
        if (target.SequenceEqual("*"u8))
        {
            IsOptionsOfServer = method.SequenceEqual("OPTIONS"u8);
            return IsOptionsOfServer ? null : s_malformed;
        }
        var scheme = target.Length > 8 && Ascii.EqualsIgnoreCase(target[..8], "https://"u8) ? 8
            : target.Length > 7 && Ascii.EqualsIgnoreCase(target[..7], "http://"u8) ? 7
            : 0;
        if (scheme == 0)
        {
            return s_malformed;
        }
        var rest = target[scheme..];
        var path = rest.IndexOfAny((byte)'/', (byte)'?');
        var authority = path < 0 ? rest : rest[..path];
        if (!HeadSyntax.IsAuthority(authority))
        {
            return s_malformed;
        }
        // Its authority counts, not the Host field beside it (RFC 9112 section 3.2.2).
        Authority = new Slice(start + scheme, authority.Length);
        Target = path < 0 ? default : new Slice(start + scheme + path, rest.Length - path);
        return path < 0 ? null : CheckPath(rest[path..]);
    }

    private static Refusal? CheckPath(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        return HeadSyntax.IsPath(query < 0 ? target : target[..query]) ? null : s_malformed;
    }

    private Refusal? Interpret(ReadOnlySpan<byte> head)
    {
        IsChunked = false;
        ContentLength = 0;
        var hosts = 0;
        var lengths = 0;
        var codings = 0;
        var hasUpgrade = false;
        var options = default(ConnectionOptions);
        foreach (ref readonly var field in Table.Fields)
        {
            if (field.Kind == FieldKind.Other)
            {
                continue;
            }
            var value = field.Value.Of(head);
            switch (field.Kind)
            {
                case FieldKind.Host:
                    hosts++;
                    if (!value.IsEmpty && !HeadSyntax.IsAuthority(value))
                    {
                        return s_noHost;
                    }
                    if (Authority.Length == 0)
                    {
                        Authority = field.Value;
                    }
                    break;
                case FieldKind.ContentLength:
                    if (++lengths > 1 || !HeadSyntax.TryParseLength(value, out var length))
                    {
                        return s_length;
                    }
                    ContentLength = length;
                    break;
                case FieldKind.TransferEncoding:
                    if (++codings > 1 || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
                    {
                        // RFC 9112 section 6.3: without a final chunked nobody knows where the body ends.
                        return Ascii.EqualsIgnoreCase(HeadSyntax.Trim(value[(value.LastIndexOf((byte)',') + 1)..]), "chunked"u8) ? s_coding : s_unknownEnd;
                    }
                    IsChunked = true;
                    break;
                case FieldKind.Connection:
                    options.Add(head, value, Table);
                    break;
                case FieldKind.Upgrade:
                    hasUpgrade = true;
                    break;
                default:
                    break;
            }
        }
        if (hosts > 1 || (IsHttp11 && hosts == 0))
        {
            return s_noHost;
        }
        if (IsChunked && lengths > 0)
        {
            return s_twoLengths;
        }
        if (IsChunked && !IsHttp11)
        {
            return s_oldChunks;
        }
        KeepAlive = IsHttp11 ? !options.Close : options.KeepAlive && !options.Close;
        WantsUpgrade = hasUpgrade && options.Upgrade && IsHttp11 && !HasBody;
        return null;
    }
}
