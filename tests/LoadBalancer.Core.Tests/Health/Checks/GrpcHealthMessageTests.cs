using CsCheck;
using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Core.Tests.Health.Checks;

public class GrpcHealthMessageTests
{
    [Fact]
    public void The_question_for_the_whole_server_is_an_empty_message() =>
        Assert.Equal([0, 0, 0, 0, 0], GrpcHealthMessage.Request(""));

    [Fact]
    public void The_question_for_a_service_has_its_name_in_field_1() =>
        Assert.Equal([0, 0, 0, 0, 6, 0x0A, 4, (byte)'c', (byte)'a', (byte)'r', (byte)'t'], GrpcHealthMessage.Request("cart"));

    [Fact]
    public void A_long_name_has_its_length_in_several_bytes()
    {
        var frame = GrpcHealthMessage.Request(new string('x', 300));
        Assert.Equal([0, 0, 0, 1, 0x2F, 0x0A, 0xAC, 0x02], frame[..8]);
        Assert.Equal(5 + 3 + 300, frame.Length);
    }

    [Theory]
    [InlineData("0801", 1)]
    [InlineData("0802", 2)]
    [InlineData("", 0)]
    // Fields of a later version, of every wire type.
    [InlineData("1005" + "0801", 1)]
    [InlineData("1201FF" + "0801" + "190000000000000000" + "2500000000", 1)]
    // The last one counts.
    [InlineData("0802" + "0801", 1)]
    // Padded, as the wire format allows.
    [InlineData("0881808000", 1)]
    public void The_status_is_field_1(string message, ulong status) => Assert.Equal(status, GrpcHealthMessage.StatusOf(Frame(message)));

    [Theory]
    [InlineData("08")]
    [InlineData("0880")]
    [InlineData("08FFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0A01")]
    [InlineData("1205FF")]
    [InlineData("12FFFFFFFFFFFFFFFFFF01")]
    [InlineData("19000000")]
    [InlineData("250000")]
    [InlineData("13")]
    // Field 1 is no string.
    [InlineData("0A0131")]
    public void What_is_cut_or_no_such_message_is_none(string message) => Assert.Null(GrpcHealthMessage.StatusOf(Frame(message)));

    [Theory]
    [InlineData("")]
    [InlineData("00000000")]
    [InlineData("0000000003" + "0801")]
    [InlineData("0000000001" + "0801")]
    [InlineData("00FFFFFFFF" + "0801")]
    // Compressed, though nobody asked for that.
    [InlineData("0100000002" + "0801")]
    public void A_frame_of_another_length_is_none(string frame) => Assert.Null(GrpcHealthMessage.StatusOf(Convert.FromHexString(frame)));

    [Fact]
    public void No_bytes_make_it_fail() => Gen.Byte.Array[0, 40].Sample(static bytes =>
    {
        _ = GrpcHealthMessage.StatusOf(bytes);
        _ = GrpcHealthMessage.StatusOf(Frame(Convert.ToHexString(bytes)));
    });

    private static byte[] Frame(string message) => [0, 0, 0, 0, (byte)(message.Length / 2), .. Convert.FromHexString(message)];
}
