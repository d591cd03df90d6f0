using System.Buffers.Binary;
using System.Text;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>
/// The two messages of gRPC's health protocol in protobuf's wire format, each in the frame that gRPC puts around a message:
/// a compression flag and the length in four bytes.
/// </summary>
/// <remarks><see href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md"/>, <see href="https://protobuf.dev/programming-guides/encoding/"/></remarks>
internal static class GrpcHealthMessage
{
    /// <summary>ServingStatus.SERVING.</summary>
    public const ulong Serving = 1;

    private const int FrameHead = 5;

    /// <summary>A HealthCheckRequest: field 1 is the name of the service, a string that is left out when empty.</summary>
    public static byte[] Request(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        List<byte> message = [];
        if (name.Length > 0)
        {
            message.Add((1 << 3) | 2);
            for (var length = name.Length; ; length >>= 7)
            {
                message.Add((byte)(length < 0x80 ? length : (length & 0x7F) | 0x80));
                if (length < 0x80)
                {
                    break;
                }
            }
            message.AddRange(name);
        }
        var frame = new byte[FrameHead + message.Count];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Count);
        message.CopyTo(frame, FrameHead);
        return frame;
    }

    /// <summary>The status of a HealthCheckResponse: field 1, an enumeration, 0 when left out. Null when it is none.</summary>
    public static ulong? StatusOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FrameHead || frame[0] != 0 || BinaryPrimitives.ReadUInt32BigEndian(frame[1..]) != (uint)(frame.Length - FrameHead))
        {
            return null;
        }
        var rest = frame[FrameHead..];
        var status = 0UL;
        while (!rest.IsEmpty)
        {
            if (!TryReadNumber(ref rest, out var tag))
            {
                return null;
            }
            if (tag == 1 << 3)
            {
                if (!TryReadNumber(ref rest, out status))
                {
                    return null;
                }
            }
            else if (tag >> 3 == 1 || !TrySkip(ref rest, tag))
            {
                return null;
            }
        }
        return status;
    }

    /// <summary>The name of a status.</summary>
    public static string NameOf(ulong status) => status switch
    {
        0 => "UNKNOWN",
        Serving => "SERVING",
        2 => "NOT_SERVING",
        3 => "SERVICE_UNKNOWN",
        _ => $"status {status}",
    };

    /// <summary>Skips a field that this version does not know.</summary>
    private static bool TrySkip(ref ReadOnlySpan<byte> rest, ulong tag)
    {
        ulong length;
        switch (tag & 7)
        {
            case 0:
                return TryReadNumber(ref rest, out _);
            case 1:
                length = 8;
                break;
            case 2:
                if (!TryReadNumber(ref rest, out length))
                {
                    return false;
                }
                break;
            case 5:
                length = 4;
                break;
            default:
                return false;
        }
        if (length > (ulong)rest.Length)
        {
            return false;
        }
        rest = rest[(int)length..];
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> rest, out ulong number)
    {
        number = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            number |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }
        return false;
    }
}
