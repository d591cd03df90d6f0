using System.Text;
using LoadBalancer.Core.Routing;
using LoadBalancer.Core.Stickiness;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// The cookie of a sticky service on its way: read and taken off the request, so that it is the balancer's alone, and set on
/// the answer when the client must get another. A client that has a valid one costs no allocation.
/// </summary>
internal static class SessionCookie
{
    /// <summary>What the fields take at most beside the cookie itself.</summary>
    private const int Added = 64;

    /// <summary>What the client's cookie says; null when nothing.</summary>
    public static ulong? Read(FieldTable table, ReadOnlySpan<byte> head, StickyTable sticky)
    {
        // HTTP/1.1 clients may send several fields, too.
        foreach (ref readonly var field in table.Fields)
        {
            if (field.Kind == FieldKind.Cookie && sticky.Read(field.Value.Of(head)) is { } token)
            {
                return token;
            }
        }
        return null;
    }

    /// <summary>True when the request has a cookie of that name, whatever its value.</summary>
    public static bool IsIn(FieldTable table, ReadOnlySpan<byte> head, StickyTable sticky)
    {
        foreach (ref readonly var field in table.Fields)
        {
            if (field.Kind == FieldKind.Cookie)
            {
                var rest = (ReadOnlySpan<byte>)field.Value.Of(head);
                if (CookieField.TryTake(ref rest, sticky.CookieBytes, out _))
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>Writes the other cookies, as they are, in one field (RFC 6265 section 5.4); nothing when there is none.</summary>
    public static void WriteOthers(ByteBuffer output, FieldTable table, ReadOnlySpan<byte> head, StickyTable sticky)
    {
        var separator = "Cookie: "u8;
        var before = output.Length;
        foreach (ref readonly var field in table.Fields)
        {
            if (field.Kind == FieldKind.Cookie)
            {
                output.Write(separator);
                output.Write(field.Value.Of(head));
                separator = "; "u8;
            }
        }
        var value = output.Filled[(before + "Cookie: "u8.Length)..];
        var length = CookieField.CopyWithout(value, sticky.CookieBytes, value);
        if (length == 0)
        {
            output.TakeBack(output.Length - before);
            return;
        }
        output.TakeBack(value.Length - length);
        output.Write("\r\n"u8);
    }

    /// <summary>How much room <see cref="Set"/> needs.</summary>
    public static int RoomFor(string? cookie) => cookie is null ? 0 : cookie.Length + Added;

    /// <summary>Sets the cookie on an answer. It is for one client, so no shared cache may keep the answer (RFC 9111 section 5.2.2.7).</summary>
    public static void Set(ByteBuffer output, string cookie, ResponseHead response, ReadOnlySpan<byte> head)
    {
        output.Write("Set-Cookie: "u8);
        output.WriteAscii(cookie);
        output.Write("\r\n"u8);
        foreach (ref readonly var field in response.Table.Fields)
        {
            if (field.Kind == FieldKind.Other && Ascii.EqualsIgnoreCase(field.Name.Of(head), "cache-control"u8) && IsPrivate(field.Value.Of(head)))
            {
                return;
            }
        }
        output.Write("Cache-Control: private\r\n"u8);
    }

    /// <summary>True when the client came over TLS to a proxy in front that is trusted.</summary>
    public static bool IsTls(FieldTable table, ReadOnlySpan<byte> head, bool isTrusted)
    {
        var found = 0;
        var isTls = false;
        foreach (ref readonly var field in isTrusted ? table.Fields : [])
        {
            if (field.Kind == FieldKind.XForwardedProto)
            {
                found++;
                isTls = Ascii.EqualsIgnoreCase(field.Value.Of(head), "https"u8);
            }
        }
        return isTls && found == 1;
    }

    private static bool IsPrivate(ReadOnlySpan<byte> field)
    {
        foreach (var part in field.Split((byte)','))
        {
            var directive = HeadSyntax.Trim(field[part]);
            if (Ascii.EqualsIgnoreCase(directive, "private"u8) || Ascii.EqualsIgnoreCase(directive, "no-store"u8))
            {
                return true;
            }
        }
        return false;
    }
}
