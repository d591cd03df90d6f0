using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;
using static LoadBalancer.Core.Tests.Prefaces.Tls.Hello;

namespace LoadBalancer.Core.Tests.Prefaces.Tls;

public class ClientHelloTests
{
    private static readonly byte[] s_name = Extension(0, Names("a.example.com"));

    [Theory]
    [InlineData("a.example.com")]
    [InlineData("API.haproxy.service.consul")]
    [InlineData("x")]
    [InlineData("_under.score")]
    [InlineData("10.0.0.1")]
    public void The_server_name_is_read(string name) => Assert.Equal((PrefaceStatus.Complete, name, null), Read(Of(name)));

    [Fact]
    public void A_hello_may_name_nobody()
    {
        Assert.Equal((PrefaceStatus.Complete, "", null), Read(Of(null)));
        Assert.Equal((PrefaceStatus.Complete, "", null), Read(Records(Message(Extension(16, [0, 3, 2, (byte)'h', (byte)'2'])), 100)));
        // TLS 1.2 and before need no extensions at all.
        Assert.Equal((PrefaceStatus.Complete, "", null), Read(Records(Raw([], 0), 100)));
        // Names of a kind that nobody knows.
        Assert.Equal((PrefaceStatus.Complete, "", null), Read(Records(Message(Extension(0, Block(Name(7, "a.example.com")))), 100)));
    }

    [Fact]
    public void A_name_of_a_host_may_stand_among_others() =>
        Assert.Equal((PrefaceStatus.Complete, "b.example.com", null), Read(Records(Message(Extension(0, Block([.. Name(7, "x"), .. Name(0, "b.example.com"), .. Name(9, "y")]))), 100)));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void A_hello_may_be_spread_over_records(int length) => Assert.Equal((PrefaceStatus.Complete, "a.example.com", null), Read(Of("a.example.com", length)));

    [Fact]
    public void A_hello_may_have_64_kilobytes_and_no_more()
    {
        // Four full records.
        var most = 65_536 - (4 * 5);
        var length = most - Message(s_name, Extension(21, [])).Length;
        var hello = Records(Message([s_name, Extension(21, new byte[length])]), 1 << 14);
        Assert.Equal(65_536, hello.Length);

        Assert.Equal((PrefaceStatus.Complete, "a.example.com", null), Read(hello));
        Assert.Equal((PrefaceStatus.Malformed, "", "the ClientHello is longer than 64 KiB"), Read(Records(Message([s_name, Extension(21, new byte[length + 1])]), 1 << 14)));
        // Known from the length that is said, long before.
        Assert.Equal((PrefaceStatus.Malformed, "", "the ClientHello is longer than 64 KiB"), Read([22, 3, 1, 0, 4, 1, 1, 0, 0]));
        // One byte to a record: the heads count, too.
        Assert.Equal((PrefaceStatus.Malformed, "", "the ClientHello is longer than 64 KiB"), Read(Records(Message([s_name, Extension(21, new byte[12_000])]), 1)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "it is not TLS")]
    [InlineData("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "it is not TLS")]
    // SSL 2: a length with its highest bit set, then the type.
    [InlineData("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", "it is not TLS")]
    [InlineData("\x16\x02", "it is not TLS")]
    [InlineData("\x17\x03\x03\x00\x05hello", "it is not TLS")]
    [InlineData("\x15\x03\x01\x00\x02\x01\x00", "it is not TLS")]
    [InlineData("\x16\x03\x01\x00\x00", "a record is empty or too long")]
    [InlineData("\x16\x03\x01\x40\x01", "a record is empty or too long")]
    [InlineData("\x16\x03\x01\x00\x04\x02\x00\x00\x00", "the first message is no ClientHello")]
    [InlineData("\x16\x03\x01\x00\x04\x01\x00\x00\x00", "the lengths in the ClientHello do not fit")]
    [InlineData("\x16\x03\x01\x00\x02\x01\x00\x17\x03", "another record interrupts the ClientHello")]
    public void What_is_no_hello_is_malformed(string bytes, string problem) =>
        Assert.Equal((PrefaceStatus.Malformed, "", problem), Read(System.Text.Encoding.Latin1.GetBytes(bytes)));

    [Theory]
    [InlineData("", null)]
    [InlineData("two words", "the server name is no host name")]
    [InlineData("a..b", "the server name is no host name")]
    [InlineData("a\0b", "the server name is no host name")]
    [InlineData("b\u00fccher.example", "the server name is no host name")]
    [InlineData("::1", "the server name is no host name")]
    [InlineData("a@dc2", "the server name is no host name")]
    public void A_name_that_no_host_can_have_is_malformed(string name, string? problem) =>
        Assert.Equal((PrefaceStatus.Malformed, "", problem ?? "the lengths in the ClientHello do not fit"), Read(Of(name)));

    [Fact]
    public void A_name_of_256_characters_is_malformed() => Assert.Equal(PrefaceStatus.Malformed, Read(Of(string.Join('.', Enumerable.Repeat(new string('a', 63), 4)) + "b")).Status);

    [Fact]
    public void Two_names_are_malformed()
    {
        Assert.Equal((PrefaceStatus.Malformed, "", "the ClientHello has two lists of server names"), Read(Records(Message(s_name, s_name), 500)));
        Assert.Equal((PrefaceStatus.Malformed, "", "the ClientHello has two server names"), Read(Records(Message(Extension(0, Block([.. Name(0, "a"), .. Name(0, "b")]))), 500)));
    }

    [Theory]
    // An empty extension, as a server sends it; an empty list; a list that is shorter or longer than its extension.
    [InlineData("0000" + "0000")]
    [InlineData("0000" + "0002" + "0000")]
    [InlineData("0000" + "0006" + "0003" + "00" + "0001" + "61")]
    [InlineData("0000" + "0006" + "0005" + "00" + "0001" + "61")]
    // A name that is longer than its list; a list cut off in a name's head; an extension beyond the end, also without its length.
    [InlineData("0000" + "0006" + "0004" + "00" + "0002" + "61")]
    [InlineData("0000" + "0004" + "0002" + "00" + "00")]
    [InlineData("0010" + "0001")]
    [InlineData("0010" + "00")]
    public void Lengths_that_do_not_fit_are_malformed(string extensions) =>
        Assert.Equal((PrefaceStatus.Malformed, "", "the lengths in the ClientHello do not fit"), Read(Records(Raw(Convert.FromHexString(extensions)), 500)));

    [Fact]
    public void Nothing_may_stand_behind_the_extensions_or_the_message()
    {
        Assert.Equal("the lengths in the ClientHello do not fit", Read(Records(Raw([.. Block(s_name), 0]), 500)).Problem);
        Assert.Equal("something follows the ClientHello in its record", Read(Records([.. Message(s_name), 20], 500)).Problem);
        Assert.Equal("the lengths in the ClientHello do not fit", Read(Records(Raw(Block(s_name), sessionLength: 33), 500)).Problem);
    }

    internal static (PrefaceStatus Status, string Name, string? Problem) Read(byte[] bytes)
    {
        var reader = new ClientHelloReader();
        var name = new char[ClientHelloReader.LongestName];
        var status = reader.Read(bytes, name);
        return (status, new string(name, 0, reader.NameLength), reader.Problem);
    }
}
