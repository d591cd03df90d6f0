using System.Text;

namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>Tells which field a name is, without regard to case.</summary>
internal static class FieldKinds
{
    public static FieldKind Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Is(name, "te"u8) => FieldKind.HopByHop,
        4 when Is(name, "host"u8) => FieldKind.Host,
        4 when Is(name, "date"u8) => FieldKind.Date,
        6 when Is(name, "expect"u8) => FieldKind.Expect,
        6 when Is(name, "cookie"u8) => FieldKind.Cookie,
        7 when Is(name, "upgrade"u8) => FieldKind.Upgrade,
        7 when Is(name, "trailer"u8) => FieldKind.Trailer,
        9 when Is(name, "forwarded"u8) => FieldKind.Forwarded,
        10 when Is(name, "connection"u8) => FieldKind.Connection,
        10 when Is(name, "keep-alive"u8) => FieldKind.HopByHop,
        14 when Is(name, "content-length"u8) => FieldKind.ContentLength,
        14 when Is(name, "http2-settings"u8) => FieldKind.HopByHop,
        15 when Is(name, "x-forwarded-for"u8) => FieldKind.XForwardedFor,
        16 when Is(name, "x-forwarded-host"u8) => FieldKind.XForwardedHost,
        16 when Is(name, "proxy-connection"u8) => FieldKind.HopByHop,
        17 when Is(name, "transfer-encoding"u8) => FieldKind.TransferEncoding,
        17 when Is(name, "x-forwarded-proto"u8) => FieldKind.XForwardedProto,
        18 when Is(name, "proxy-authenticate"u8) => FieldKind.HopByHop,
        19 when Is(name, "proxy-authorization"u8) => FieldKind.HopByHop,
        _ => FieldKind.Other,
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCase) => Ascii.EqualsIgnoreCase(name, lowerCase);
}
