using System.Text;
using CsCheck;
using LoadBalancer.Configuration;

namespace LoadBalancer.Tests.Configuration;

public class HostileFileTests
{
    private static readonly byte[] s_full = Encoding.UTF8.GetBytes(Samples.Full);

    // Single bytes, and pieces that mean something in the file, so that mutations get past the syntax.
    private static readonly string[] s_words =
    [
        "\"", "{", "}", "[", "]", ",", ":", "//", "/*", "null", "-1", "1e999", "\"*\"", "\"\"", "\\ud800", "\u00e9",
        "\"service\": \"x\",", "{},", "\"unix:\"", "\"\\u0000\"", "99999999999999999999",
    ];

    private static readonly Gen<byte[]> s_piece = Gen.Select(
        Gen.Bool, Gen.Byte, Gen.Int[0, s_words.Length - 1],
        (isWord, value, word) => isWord ? Encoding.UTF8.GetBytes(s_words[word]) : [value]);

    [Fact]
    public void AMutatedFileNeverThrows() =>
        Gen.Select(Gen.Int[0, s_full.Length], Gen.Int[0, 12], s_piece).Array[1, 4].Sample(edits =>
        {
            var text = s_full.ToList();
            foreach (var (at, removed, inserted) in edits)
            {
                var start = Math.Min(at, text.Count);
                text.RemoveRange(start, Math.Min(removed, text.Count - start));
                text.InsertRange(start, inserted);
            }
            Check([.. text]);
        }, iter: 5_000);

    [Fact]
    public void ATruncatedFileNeverThrows()
    {
        for (var length = 0; length < s_full.Length; length++)
        {
            Check(s_full[..length]);
        }
    }

    [Fact]
    public void AnyBytesNeverThrow() => Gen.Byte.Array[0, 200].Sample(Check, iter: 2_000);

    private static void Check(byte[] text)
    {
        var result = ConfigurationReader.Read(text, "lb.json", "/etc/lb");

        Assert.Equal(result.IsValid, result.Errors.Count == 0);
        var lines = text.Count(value => value == '\n') + 1;
        foreach (var error in result.Errors)
        {
            Assert.InRange(error.Line, 1, lines);
            Assert.InRange(error.Column, 1, text.Length + 1);
            Assert.NotEmpty(error.Message);
            Assert.DoesNotContain('\n', error.ToString());
        }
    }
}
