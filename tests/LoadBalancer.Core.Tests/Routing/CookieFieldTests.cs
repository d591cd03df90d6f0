using System.Text;
using CsCheck;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Core.Tests.Routing;

public class CookieFieldTests
{
    // What tells pairs apart, doubled and misplaced, and names that only begin alike.
    private static readonly Gen<string> s_field = Gen.OneOf(
        Gen.OneOf("lb", "lb2", "LB", "l", "=", ";", "; ", " ", "\t", "\"", ",", "lb=", "lb=1", "a=b", "\0"),
        Gen.String[Gen.Char[' ', '~'], 0, 4]).Array[0, 12].Select(static pieces => string.Concat(pieces));

    [Theory]
    [InlineData("lb=1", "1")]
    [InlineData("a=b; lb=1; c=d", "1")]
    [InlineData("a=b;lb=1;c=d", "1")]
    [InlineData("a=b;\t lb=1 ;c=d", "1")]
    [InlineData("lb=", "")]
    [InlineData("lb=a=b", "a=b")]
    [InlineData("lb2=x; lb=1", "1")]
    [InlineData("lb=1; lb=2", "1,2")]
    [InlineData("LB=1", "-")]
    [InlineData("lb", "-")]
    [InlineData("xlb=1", "-")]
    [InlineData("lb =1", "-")]
    [InlineData("", "-")]
    public void The_pairs_of_a_name_are_found_in_order(string field, string values)
    {
        var rest = field.AsSpan();
        var found = new List<string>();
        while (CookieField.TryTake(ref rest, "lb", out var value))
        {
            found.Add(value.ToString());
        }
        Assert.Equal(values, found.Count == 0 ? "-" : string.Join(',', found));
    }

    [Theory]
    [InlineData("lb=1", "")]
    [InlineData("lb=1; a=b", "a=b")]
    [InlineData("a=b; lb=1", "a=b")]
    [InlineData("a=b;lb=1;c=d", "a=b;c=d")]
    [InlineData("a=b; lb=1; c=d; lb=2; e", "a=b; c=d; e")]
    [InlineData("a=b;; c", "a=b;; c")]
    public void Taking_a_name_out_leaves_the_others_as_they_are(string field, string rest) => Assert.Equal(rest, Without(field, "lb"));

    [Fact]
    public void No_field_breaks_it_and_bytes_read_as_characters_do() =>
        s_field.Sample(static field =>
        {
            var rest = Without(field, "lb");
            Assert.True(rest.Length <= field.Length);
            Assert.Equal([.. Pairs(field).Where(static pair => !pair.StartsWith("lb=", StringComparison.Ordinal))], Pairs(rest));
            var bytes = Encoding.Latin1.GetBytes(field);
            var copy = new byte[bytes.Length];
            Assert.Equal(rest, Encoding.Latin1.GetString(copy, 0, CookieField.CopyWithout(bytes, "lb"u8, copy)));
            ReadOnlySpan<char> text = field;
            ReadOnlySpan<byte> raw = bytes;
            while (CookieField.TryTake(ref text, "lb", out var value))
            {
                Assert.True(CookieField.TryTake(ref raw, "lb"u8, out var same));
                Assert.Equal(value.ToString(), Encoding.Latin1.GetString(same));
            }
            Assert.False(CookieField.TryTake(ref raw, "lb"u8, out _));
        }, iter: 20_000);

    private static string Without(string field, string name)
    {
        var buffer = new char[field.Length];
        return new string(buffer, 0, CookieField.CopyWithout(field, name, buffer));
    }

    private static string[] Pairs(string field) => [.. field.Split(';').Select(static pair => pair.Trim(' ', '\t')).Where(static pair => pair.Length > 0)];
}
