using System.Buffers.Binary;
using System.Net;
using System.Text;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.ProxyProtocol;

namespace LoadBalancer.Core.Tests.Prefaces.ProxyProtocol;

public class ProxyHeaderTests
{
    /// <summary>The signature of version 2.</summary>
    private const string Signature = "0D0A0D0A000D0A515549540A";

    /// <summary>From 10.0.0.1:4660 to 10.0.0.2:80, over TCP, without fields behind it.</summary>
    private const string Tcp4 = "2111" + "000C" + "0A000001" + "0A000002" + "1234" + "0050";

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443", "192.168.0.1:56324", "192.168.0.11:443")]
    [InlineData("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0", "255.255.255.255:65535", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 1 2", "[2001:db8::1]:1", "[2001:db8::2]:2")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff :: 65535 65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[::]:65535")]
    [InlineData("PROXY TCP6 ::ffff:10.0.0.1 ::ffff:a00:2 1 2", "10.0.0.1:1", "10.0.0.2:2")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:: ::1 1 2", "[1:2:3:4:5:6:7:0]:1", "[::1]:2")]
    public void A_line_says_whence_and_where_to(string line, string source, string destination)
    {
        var reading = ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(line + "\r\nGET / HTTP/1.1\r\n"));

        Assert.Equal((PrefaceStatus.Complete, line.Length + 2), (reading.Status, reading.Length));
        Assert.Equal((source, destination), (reading.Header.Source.ToString(), reading.Header.Destination.ToString()));
        Assert.False(reading.Header.IsLocal);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN")]
    [InlineData("PROXY UNKNOWN whatever \0 it \xff says")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535")]
    public void An_unknown_client_has_no_address(string line)
    {
        var reading = ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(line + "\r\n"));

        Assert.Equal((PrefaceStatus.Complete, line.Length + 2), (reading.Status, reading.Length));
        Assert.Equal(default, reading.Header);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXX")]
    [InlineData("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n")]
    [InlineData("PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 256.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n")]
    [InlineData("PROXY TCP4 ::1 ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY TCP6 ::1%1 ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 1::2::3 ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:8:: ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7 ::2 1 2\r\n")]
    [InlineData("PROXY TCP6 12345::1 ::2 1 2\r\n")]
    [InlineData("PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY UNKNOWN\n")]
    [InlineData("PROXY UNKNOWN\rx")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n")]
    [InlineData("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public void What_is_not_exactly_a_line_is_malformed(string line)
    {
        var reading = ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(line));

        Assert.Equal(PrefaceStatus.Malformed, reading.Status);
        Assert.NotNull(reading.Problem);
        Assert.Equal(default, reading.Header);
    }

    [Theory]
    [InlineData(Tcp4, "10.0.0.1:4660", "10.0.0.2:80")]
    [InlineData("2112" + "000C" + "0A000001" + "0A000002" + "1234" + "0050", "10.0.0.1:4660", "10.0.0.2:80")]
    [InlineData("2121" + "0024" + "20010DB8000000000000000000000001" + "20010DB8000000000000000000000002" + "1234" + "0050", "[2001:db8::1]:4660", "[2001:db8::2]:80")]
    [InlineData("2121" + "0024" + "00000000000000000000FFFF0A000001" + "00000000000000000000FFFF0A000002" + "1234" + "0050", "10.0.0.1:4660", "10.0.0.2:80")]
    // A NOOP field of two bytes, and an empty one of a kind of somebody's own.
    [InlineData("2111" + "0014" + "0A000001" + "0A000002" + "1234" + "0050" + "0400020000" + "E00000", "10.0.0.1:4660", "10.0.0.2:80")]
    public void A_block_says_whence_and_where_to(string hex, string source, string destination)
    {
        var block = Convert.FromHexString(Signature + hex);

        var reading = ProxyHeaderReader.Read([.. block, .. "GET"u8]);

        Assert.Equal((PrefaceStatus.Complete, block.Length), (reading.Status, reading.Length));
        Assert.Equal((source, destination), (reading.Header.Source.ToString(), reading.Header.Destination.ToString()));
    }

    [Theory]
    // LOCAL: family and content are to be ignored.
    [InlineData("2000" + "0000", true)]
    [InlineData("20FF" + "0003" + "010203", true)]
    [InlineData("2011" + "000C" + "0A000001" + "0A000002" + "1234" + "0050", true)]
    // PROXY for nobody known.
    [InlineData("2100" + "0000", false)]
    [InlineData("2100" + "0002" + "0102", false)]
    [InlineData("2110" + "0000", false)]
    [InlineData("2101" + "0001" + "01", false)]
    public void Some_blocks_say_nothing_of_addresses(string hex, bool isLocal)
    {
        var block = Convert.FromHexString(Signature + hex);

        var reading = ProxyHeaderReader.Read(block);

        Assert.Equal((PrefaceStatus.Complete, block.Length), (reading.Status, reading.Length));
        Assert.Equal(isLocal ? ProxyHeader.Local : default, reading.Header);
    }

    [Fact]
    public void A_client_on_a_Unix_socket_has_no_address()
    {
        byte[] block = [.. Convert.FromHexString(Signature + "3131" + "00D8"), .. new byte[216]];
        block[12] = 0x21;

        Assert.Equal((PrefaceStatus.Complete, default, 232), Of(ProxyHeaderReader.Read(block)));
        Assert.Equal(PrefaceStatus.Malformed, ProxyHeaderReader.Read(Cut(block, 215)).Status);

        static (PrefaceStatus, ProxyHeader, int) Of(ProxyReading reading) => (reading.Status, reading.Header, reading.Length);
    }

    [Theory]
    [InlineData("1111" + "000C" + "0A000001" + "0A000002" + "1234" + "0050")] // version 1
    [InlineData("3111" + "000C" + "0A000001" + "0A000002" + "1234" + "0050")] // version 3
    [InlineData("22")] // a command that nobody knows
    [InlineData("2141" + "0000")] // a family that nobody knows
    [InlineData("2113" + "000C" + "0A000001" + "0A000002" + "1234" + "0050")] // a transport that nobody knows
    [InlineData("2111" + "000B" + "0A000001" + "0A000002" + "1234" + "00")] // a byte too few
    [InlineData("2111" + "000D" + "0A000001" + "0A000002" + "1234" + "0050" + "04")] // a field cut off
    [InlineData("2111" + "0010" + "0A000001" + "0A000002" + "1234" + "0050" + "04000200")] // a field that is too long
    [InlineData("2111" + "0FF1")] // 4097 bytes in all
    [InlineData("2011" + "FFFF")]
    public void What_is_not_exactly_a_block_is_malformed(string hex)
    {
        var reading = ProxyHeaderReader.Read(Convert.FromHexString(Signature + hex));

        Assert.Equal((PrefaceStatus.Malformed, default), (reading.Status, reading.Header));
        Assert.NotNull(reading.Problem);
    }

    [Fact]
    public void A_block_of_4096_bytes_is_read()
    {
        byte[] block = [.. Convert.FromHexString(Signature + Tcp4), 0xE0, 0, 0, .. new byte[4096 - 28 - 3]];
        BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(14), 4096 - 16);
        BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(29), 4096 - 28 - 3);

        Assert.Equal((PrefaceStatus.Complete, 4096), (ProxyHeaderReader.Read(block).Status, ProxyHeaderReader.Read(block).Length));
    }

    [Fact]
    public void A_checksum_is_checked_where_there_is_one()
    {
        var block = Convert.FromHexString(Signature + "2111" + "0013" + "0A000001" + "0A000002" + "1234" + "0050" + "03000400000000");
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(31), Crc32C(block));

        Assert.Equal((PrefaceStatus.Complete, "10.0.0.1:4660"), (ProxyHeaderReader.Read(block).Status, ProxyHeaderReader.Read(block).Header.Source.ToString()));
        for (var i = 16; i < block.Length; i++)
        {
            // Also in the type of the field and in its length: then it is no checksum, or does not fit.
            var wrong = block.ToArray();
            wrong[i] ^= 1;
            Assert.True(ProxyHeaderReader.Read(wrong).Status == PrefaceStatus.Malformed || i == 28, $"byte {i}");
        }
    }

    [Fact]
    public void A_second_checksum_is_malformed()
    {
        var block = Convert.FromHexString(Signature + "2111" + "001A" + "0A000001" + "0A000002" + "1234" + "0050" + "0300040000000003000400000000");
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(31), Crc32C(block));

        Assert.Equal(PrefaceStatus.Malformed, ProxyHeaderReader.Read(block).Status);
    }

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, "10.0.0.1:1", "10.0.0.2:2", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n")]
    [InlineData(ProxyProtocolVersion.V1, "[2001:db8::1]:65535", "[::1]:2", "PROXY TCP6 2001:db8:0:0:0:0:0:1 0:0:0:0:0:0:0:1 65535 2\r\n")]
    [InlineData(ProxyProtocolVersion.V1, "[::ffff:10.0.0.1]:1", "10.0.0.2:2", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n")]
    [InlineData(ProxyProtocolVersion.V1, "10.0.0.1:1", "[2001:db8::1]:2", "PROXY TCP6 0:0:0:0:0:ffff:a00:1 2001:db8:0:0:0:0:0:1 1 2\r\n")]
    [InlineData(ProxyProtocolVersion.V1, null, "10.0.0.2:2", "PROXY UNKNOWN\r\n")]
    public void A_line_is_written_as_the_protocol_says(ProxyProtocolVersion version, string? source, string destination, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(Write(version, ProxyHeader.Of(source is null ? null : IPEndPoint.Parse(source), IPEndPoint.Parse(destination)))));

    [Theory]
    [InlineData("10.0.0.1:4660", "10.0.0.2:80", Tcp4)]
    [InlineData("10.0.0.1:4660", "[::ffff:10.0.0.2]:80", Tcp4)]
    [InlineData("10.0.0.1:4660", "[2001:db8::2]:80", "2121" + "0024" + "00000000000000000000FFFF0A000001" + "20010DB8000000000000000000000002" + "1234" + "0050")]
    [InlineData(null, "10.0.0.2:80", "2100" + "0000")]
    public void A_block_is_written_as_the_protocol_says(string? source, string destination, string expected) =>
        Assert.Equal(Signature + expected, Convert.ToHexString(Write(ProxyProtocolVersion.V2, ProxyHeader.Of(source is null ? null : IPEndPoint.Parse(source), IPEndPoint.Parse(destination)))));

    [Fact]
    public void The_balancers_own_connection_is_local() =>
        Assert.Equal(Signature + "20000000", Convert.ToHexString(Write(ProxyProtocolVersion.V2, ProxyHeader.Local)));

    internal static byte[] Write(ProxyProtocolVersion version, ProxyHeader header)
    {
        Span<byte> bytes = stackalloc byte[ProxyHeaderWriter.LongestHeader];
        return bytes[..ProxyHeaderWriter.Write(bytes, version, header)].ToArray();
    }

    /// <summary>A byte and a bit at a time, from the polynomial: another way than that of the reader.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }
        return ~crc;
    }

    private static byte[] Cut(byte[] block, int length)
    {
        var cut = block[..(16 + length)];
        BinaryPrimitives.WriteUInt16BigEndian(cut.AsSpan(14), (ushort)length);
        return cut;
    }
}
