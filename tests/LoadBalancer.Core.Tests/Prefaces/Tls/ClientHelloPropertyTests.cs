using CsCheck;
using LoadBalancer.Core.Prefaces;
using LoadBalancer.Core.Prefaces.Tls;

namespace LoadBalancer.Core.Tests.Prefaces.Tls;

public class ClientHelloPropertyTests
{
    [Fact]
    public void Every_split_reads_the_same() =>
        Gen.Select(Hello.Good, Gen.Byte.Array[0, 30], Gen.Int[1, 200].Array[1, 10]).Sample(static (hello, rest, steps) =>
        {
            byte[] bytes = [.. hello.Bytes, .. rest];
            var one = new[] { 1 };
            foreach (var (pieces, all) in new[] { (one, hello.Bytes), (steps, hello.Bytes), ([bytes.Length], bytes) })
            {
                var (status, name, length) = ReadIn(pieces, all);
                Assert.Equal((PrefaceStatus.Complete, hello.Name ?? ""), (status, name));
                // Complete with its last byte and not before.
                Assert.True(length >= hello.Bytes.Length && (pieces != one || length == hello.Bytes.Length));
            }
        }, iter: 1000);

    [Fact]
    public void Mutations_are_read_alike_in_every_split_and_never_break_the_reader() =>
        Gen.Select(Hello.Good, Gen.Select(Gen.Int[0, 3000], Gen.Byte, Gen.Int[0, 2]).Array[1, 4], Gen.Int[1, 100].Array[1, 10]).Sample(static (hello, changes, steps) =>
        {
            var bytes = hello.Bytes.ToList();
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
                        bytes.RemoveRange(place, Math.Min(bytes.Count - place, value % 20));
                        break;
                }
                if (bytes.Count == 0)
                {
                    return;
                }
            }
            var mutated = bytes.ToArray();
            var whole = ReadIn([mutated.Length], mutated);
            var pieces = ReadIn(steps, mutated);
            Assert.Equal((whole.Status, whole.Name), (pieces.Status, pieces.Name));
            Assert.True(whole.Status == PrefaceStatus.Complete || whole.Name.Length == 0);
        }, iter: 3000);

    [Fact]
    public void Noise_never_breaks_the_reader() =>
        Gen.Select(Gen.OneOf("", "160301", "1603010200010001FC0303"), Gen.Byte.Array[0, 600], Gen.Int[1, 100].Array[1, 10]).Sample(static (start, noise, steps) =>
        {
            byte[] bytes = [.. Convert.FromHexString(start), .. noise];
            var whole = ReadIn([bytes.Length + 1], bytes);
            var pieces = ReadIn(steps, bytes);
            Assert.Equal((whole.Status, whole.Name), (pieces.Status, pieces.Name));
        }, iter: 3000);

    [Fact]
    public void Reading_allocates_nothing()
    {
        var hello = Hello.Of("a.example.com", 7);
        Span<char> name = stackalloc char[ClientHelloReader.LongestName];
        new ClientHelloReader().Read(hello, name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            var reader = new ClientHelloReader();
            reader.Read(hello.AsSpan(0, 30), name);
            reader.Read(hello, name);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Reads in pieces until it is complete or malformed; what came out, and how many bytes it took.</summary>
    private static (PrefaceStatus Status, string Name, int Length) ReadIn(int[] steps, byte[] bytes)
    {
        var reader = new ClientHelloReader();
        var name = new char[ClientHelloReader.LongestName];
        var (status, length) = (PrefaceStatus.Incomplete, 0);
        for (var i = 0; status == PrefaceStatus.Incomplete && length < bytes.Length; i++)
        {
            length = Math.Min(bytes.Length, length + steps[i % steps.Length]);
            status = reader.Read(bytes.AsSpan(0, length), name);
        }
        return (status, new string(name, 0, reader.NameLength), length);
    }
}
