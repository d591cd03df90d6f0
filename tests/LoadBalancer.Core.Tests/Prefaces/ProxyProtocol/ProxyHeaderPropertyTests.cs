using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using static LoadBalancer.Core.Tests.Prefaces.ProxyProtocol.ProxyHeaderTests;

namespace LoadBalancer.Core.Tests.Prefaces.ProxyProtocol;

public class ProxyHeaderPropertyTests
{
    private static readonly Gen<IPAddress> s_address = Gen.OneOf(
        Gen.Byte.Array[4].Select(static bytes => new IPAddress(bytes)),
        Gen.Byte.Array[16].Select(static bytes => new IPAddress(bytes)),
        // Runs of zeros, as real addresses have.
        Gen.OneOf(Gen.Const((byte)0), Gen.Byte).Array[16].Select(static bytes => new IPAddress(bytes)),
        Gen.Byte.Array[4].Select(static bytes => new IPAddress(bytes).MapToIPv6()));

    private static readonly Gen<IPEndPoint> s_end = Gen.Select(s_address, Gen.Int[0, 65535], static (address, port) => new IPEndPoint(address, port));

    private static readonly Gen<ProxyProtocolVersion> s_version = Gen.OneOf(ProxyProtocolVersion.V1, ProxyProtocolVersion.V2);

    /// <summary>Headers, some with fields behind the addresses.</summary>
    private static readonly Gen<byte[]> s_written = Gen.Select(s_version, s_end, s_end, Gen.Bool, static (version, source, destination, isKnown) =>
        Write(version, isKnown ? ProxyHeader.Of(source, destination) : version == ProxyProtocolVersion.V2 ? ProxyHeader.Local : default));

    private static readonly Gen<byte[]> s_withFields = Gen.Select(s_written, Gen.Select(Gen.Byte, Gen.Byte.Array[0, 40]).Array[0, 4], Gen.Bool, static (header, fields, hasSum) =>
    {
        if (header[0] == 'P')
        {
            return header;
        }
        var block = header.ToList();
        foreach (var (type, value) in fields.Where(static field => field.Item1 != 3))
        {
            block.AddRange([type, 0, (byte)value.Length, .. value]);
        }
        if (hasSum)
        {
            block.AddRange([3, 0, 4, 0, 0, 0, 0]);
        }
        block[14] = (byte)((block.Count - 16) >> 8);
        block[15] = (byte)(block.Count - 16);
        var bytes = block.ToArray();
        if (hasSum)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(^4), Crc32C(bytes));
        }
        return bytes;
    });

    [Fact]
    public void What_is_written_is_read() =>
        Gen.Select(s_version, s_end, s_end).Sample(static (version, source, destination) =>
        {
            var bytes = Write(version, ProxyHeader.Of(source, destination));

            var reading = ProxyHeaderReader.Read(bytes);

            Assert.Equal((PrefaceStatus.Complete, bytes.Length), (reading.Status, reading.Length));
            Assert.Equal((Plain(source), Plain(destination)), (reading.Header.Source?.ToEndPoint(), reading.Header.Destination?.ToEndPoint()));
        }, iter: 3000);

    [Fact]
    public void Every_split_reads_the_same() =>
        Gen.Select(s_withFields, Gen.Byte.Array[0, 50]).Sample(static (header, rest) =>
        {
            byte[] bytes = [.. header, .. rest];
            var whole = ProxyHeaderReader.Read(header);
            Assert.Equal((PrefaceStatus.Complete, header.Length), (whole.Status, whole.Length));
            for (var length = 0; length <= bytes.Length; length++)
            {
                // Nothing after the header changes what it says.
                Assert.Equal(length < header.Length ? ProxyReading.Incomplete : whole, ProxyHeaderReader.Read(bytes.AsSpan(0, length)));
            }
        }, iter: 1000);

    [Fact]
    public void Mutations_are_read_alike_in_every_split_and_never_break_the_reader() =>
        Gen.Select(s_withFields, Gen.Select(Gen.Int[0, 300], Gen.Byte, Gen.Int[0, 2]).Array[1, 4], Gen.Byte.Array[0, 120]).Sample(static (header, changes, rest) =>
        {
            var bytes = header.Concat(rest).ToList();
            foreach (var (at, value, kind) in changes)
            {
                var place = at % bytes.Count;
                switch (kind)
                {
                    case 0:
                        bytes[place] = value;
                        break;
                    case 1:
                        bytes.Insert(place, value);
                        break;
                    default:
                        bytes.RemoveRange(place, Math.Min(bytes.Count - place - (bytes.Count == 1 ? 1 : 0), value % 20));
                        break;
                }
                if (bytes.Count == 0)
                {
                    return;
                }
            }
            AssertConsistent(bytes.ToArray());
        }, iter: 3000);

    [Fact]
    public void Noise_never_breaks_the_reader() =>
        Gen.Select(Gen.OneOf(Gen.Const("PROXY "), Gen.Const("PROXY TCP6 "), Gen.Const("\r\n\r\n\0\r\nQUIT\n"), Gen.Const("")), Gen.Byte.Array[0, 200])
            .Sample(static (start, noise) => AssertConsistent([.. Encoding.Latin1.GetBytes(start), .. noise]), iter: 3000);

    [Fact]
    public void IPv6_texts_are_read_as_the_class_library_reads_them()
    {
        var piece = Gen.OneOf(Gen.OneOf("::", ":", "0", "1", "ffff", "10.0.0.1", "abcde", "g", "."), Gen.Int[0, 65535].Select(static group => group.ToString("x", null)));
        Gen.OneOf(piece.Array[0, 17].Select(static pieces => string.Concat(pieces)), s_address.Select(static address => address.ToString())).Sample(static text =>
        {
            var expected = IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? Plain(new IPEndPoint(address, 1)) : null;
            var line = Encoding.Latin1.GetBytes($"PROXY TCP6 {text} ::1 1 2\r\n");
            if (line.Length <= 107)
            {
                Assert.Equal(expected, ProxyHeaderReader.Read(line).Header.Source?.ToEndPoint());
            }
        }, iter: 20_000);
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var line = Write(ProxyProtocolVersion.V1, ProxyHeader.Of(IPEndPoint.Parse("[2001:db8::1]:1"), IPEndPoint.Parse("[2001:db8::2]:2")));
        Span<byte> to = stackalloc byte[ProxyHeaderWriter.LongestHeader];
        var header = ProxyHeaderReader.Read(line).Header;
        ProxyHeaderWriter.Write(to, ProxyProtocolVersion.V1, header);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            header = ProxyHeaderReader.Read(line).Header;
            ProxyHeaderWriter.Write(to, ProxyProtocolVersion.V1, header);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>A prefix is incomplete or says the same as the whole, and what is complete at one length is so at every greater one.</summary>
    private static void AssertConsistent(byte[] bytes)
    {
        var whole = ProxyHeaderReader.Read(bytes);
        if (whole.Status == PrefaceStatus.Complete)
        {
            Assert.InRange(whole.Length, 15, bytes.Length);
            Assert.Equal(whole.Header.Source is null, whole.Header.Destination is null);
            // Nothing behind the header is read: without it the result is the same.
            Assert.Equal(whole, ProxyHeaderReader.Read(bytes.AsSpan(0, whole.Length).ToArray()));
        }
        for (var length = 0; length < bytes.Length; length++)
        {
            var part = ProxyHeaderReader.Read(bytes.AsSpan(0, length));
            Assert.True(part.Status == PrefaceStatus.Incomplete || part == whole, $"{length} of {Convert.ToHexString(bytes)}: {part} and {whole}");
        }
    }

    private static IPEndPoint Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;
}
