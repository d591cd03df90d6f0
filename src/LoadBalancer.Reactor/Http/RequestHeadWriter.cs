using System.Net;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// Writes the head that goes to the endpoint from what was parsed: hop-by-hop fields stay behind, forwarding fields are set,
/// target and host go on as the client wrote them, the cookie of a sticky service stays here.
/// </summary>
internal static class RequestHeadWriter
{
    /// <summary>What the fields that are added take at most, beside the client's host twice.</summary>
    public const int Added = 512;

    /// <summary>Writes the head; without a host it has no end yet, see <see cref="WriteEnd"/>.</summary>
    /// <returns>Where in the output the protocols are that it asks for instead of this one; empty when it asks for none.</returns>
    public static Slice Write(ByteBuffer output, RequestHead request, ReadOnlySpan<byte> head, IPAddress? peer, bool isTrusted, StickyTable? sticky)
    {
        var target = request.Target.Of(head);
        var authority = request.Authority.Of(head);
        output.Write(request.Method.Of(head));
        output.Write((byte)' ');
        if (target.IsEmpty || target[0] == '?')
        {
            output.Write((byte)'/');
        }
        output.Write(target);
        output.Write(" HTTP/1.1\r\n"u8);
        if (!authority.IsEmpty)
        {
            output.WriteField("Host"u8, authority);
        }
        var hidesCookie = sticky is not null && SessionCookie.IsIn(request.Table, head, sticky);
        var (hasFor, hasProto, hasHost) = (false, false, false);
        foreach (ref readonly var field in request.Table.Fields)
        {
            var value = field.Value.Of(head);
            switch (field.Kind)
            {
                case FieldKind.Host or FieldKind.Connection or FieldKind.HopByHop or FieldKind.TransferEncoding or FieldKind.Upgrade or FieldKind.ContentLength:
                    continue;
                case FieldKind.Expect when !request.IsHttp11:
                    continue;
                case FieldKind.Forwarded or FieldKind.XForwardedFor or FieldKind.XForwardedHost or FieldKind.XForwardedProto when !isTrusted:
                    // What anybody says about itself is replaced by what is seen.
                    continue;
                case FieldKind.XForwardedFor:
                    // All of them are one list, written below with the peer added.
                    hasFor = true;
                    continue;
                case FieldKind.Cookie when hidesCookie:
                    continue;
                case FieldKind.Trailer when !request.IsChunked:
                    continue;
                case FieldKind.XForwardedHost:
                    hasHost = true;
                    break;
                case FieldKind.XForwardedProto:
                    hasProto = true;
                    break;
                default:
                    break;
            }
            output.WriteField(field.Name.Of(head), value);
        }
        if (hidesCookie)
        {
            SessionCookie.WriteOthers(output, request.Table, head, sticky!);
        }
        if (request.IsChunked)
        {
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (HasLength(request))
        {
            output.Write("Content-Length: "u8);
            output.WriteDecimal(request.ContentLength);
            output.Write("\r\n"u8);
        }
        var upgrade = request.WantsUpgrade ? UpgradeProtocols.Write(output, request.Table, head) : default;
        WriteForwardedFor(output, hasFor ? request.Table.Fields : [], head, peer);
        if (!hasProto)
        {
            output.Write("X-Forwarded-Proto: http\r\n"u8);
        }
        if (authority.IsEmpty)
        {
            return upgrade;
        }
        if (!hasHost)
        {
            output.WriteField("X-Forwarded-Host"u8, authority);
        }
        output.Write("\r\n"u8);
        return upgrade;
    }

    /// <summary>Ends the head of a request without a host: HTTP/1.1 must have one (RFC 9112 section 3.2), so it is the endpoint's address.</summary>
    public static void WriteEnd(ByteBuffer output, Endpoint endpoint)
    {
        output.Write("Host: "u8);
        output.WriteAscii(endpoint.Address);
        output.Write("\r\n\r\n"u8);
    }

    private static bool HasLength(RequestHead request)
    {
        foreach (ref readonly var field in request.Table.Fields)
        {
            if (field.Kind == FieldKind.ContentLength)
            {
                return true;
            }
        }
        return false;
    }

    private static void WriteForwardedFor(ByteBuffer output, ReadOnlySpan<Field> fields, ReadOnlySpan<byte> head, IPAddress? peer)
    {
        if (fields.IsEmpty && peer is null)
        {
            return;
        }
        var separator = "X-Forwarded-For: "u8;
        foreach (ref readonly var field in fields)
        {
            if (field.Kind == FieldKind.XForwardedFor)
            {
                output.Write(separator);
                output.Write(field.Value.Of(head));
                separator = ", "u8;
            }
        }
        if (peer is not null)
        {
            output.Write(separator);
            peer.TryFormat(output.Free, out var written);
            output.Advance(written);
        }
        output.Write("\r\n"u8);
    }
}
