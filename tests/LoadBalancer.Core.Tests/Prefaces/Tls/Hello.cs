using System.Buffers.Binary;
using System.Text;
using CsCheck;

namespace LoadBalancer.Core.Tests.Prefaces.Tls;

/// <summary>Writes ClientHellos, right and wrong ones.</summary>
internal static class Hello
{
    /// <summary>A hello as the bytes of a connection.</summary>
    public static byte[] Of(string? name, int recordLength = 1 << 14) => Records(Message(name is null ? [] : Extension(0, Names(name))), recordLength);

    /// <summary>Puts a handshake message into records of at most so many bytes.</summary>
    public static byte[] Records(byte[] message, params int[] lengths)
    {
        var bytes = new List<byte>();
        for (var (at, i) = (0, 0); at < message.Length; i++)
        {
            var length = Math.Min(message.Length - at, lengths[i % lengths.Length]);
            bytes.AddRange([22, 3, 1, (byte)(length >> 8), (byte)length, .. message.AsSpan(at, length)]);
            at += length;
        }
        return [.. bytes];
    }

    /// <summary>The message with its head.</summary>
    public static byte[] Message(params byte[][] extensions) => Raw(Block([.. extensions.SelectMany(static one => one)]));

    /// <summary>The message with its head; <paramref name="rest"/> is all behind the compression methods.</summary>
    public static byte[] Raw(byte[] rest, byte sessionLength = 32)
    {
        byte[] body = [3, 3, .. Enumerable.Range(0, 32).Select(static i => (byte)i), sessionLength, .. new byte[sessionLength], 0, 4, 0x13, 0x01, 0x13, 0x02, 1, 0, .. rest];
        return [1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    public static byte[] Extension(int type, byte[] data) => [(byte)(type >> 8), (byte)type, .. Block(data)];

    /// <summary>A list of one server name.</summary>
    public static byte[] Names(string name) => Block(Name(0, name));

    /// <summary>One name of a list.</summary>
    public static byte[] Name(byte type, string name) => [type, .. Block(Encoding.Latin1.GetBytes(name))];

    /// <summary>Bytes with their length before them.</summary>
    public static byte[] Block(byte[] data)
    {
        var bytes = new byte[data.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)data.Length);
        data.CopyTo(bytes, 2);
        return bytes;
    }

    public static readonly Gen<string> HostNames = Gen.Char["abcXYZ019-_"].Array[1, 63].Array[1, 3].Select(static labels => string.Join('.', labels.Select(static label => new string(label))));

    /// <summary>Good hellos with their names, in records of any size, with other extensions on both sides of the name.</summary>
    public static readonly Gen<(string? Name, byte[] Bytes)> Good =
        Gen.Select(HostNames.Null(), Extensions, Extensions, Gen.Byte[0, 32], Gen.Int[1, 600].Array[1, 5], static (name, before, after, session, records) =>
            (name, Records(Raw(Block([.. before, .. name is null ? [] : Extension(0, Names(name)), .. after]), session), records)));

    private static Gen<byte[]> Extensions =>
        Gen.Select(Gen.Int[1, 65535], Gen.Byte.Array[0, 300]).Array[0, 4].Select(static all => all.SelectMany(static one => Extension(one.Item1, one.Item2)).ToArray());
}
