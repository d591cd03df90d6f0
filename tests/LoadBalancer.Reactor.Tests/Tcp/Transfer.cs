using System.Net.Sockets;
using System.Security.Cryptography;
using CsCheck;

namespace LoadBalancer.Reactor.Tests.Tcp;

/// <summary>What goes one way over a connection, and how: all that decides is in here.</summary>
/// <param name="Seed">Of the bytes.</param>
/// <param name="Size">How many.</param>
/// <param name="Pieces">They are sent in pieces of these lengths, used round and round.</param>
/// <param name="Reads">They are read into buffers of these lengths.</param>
/// <param name="StallsAt">Where the reader stops until the sender is stuck or done; beyond the size for never.</param>
/// <param name="IsAnswer">It begins when the other way has ended.</param>
internal sealed record Transfer(int Seed, int Size, int[] Pieces, int[] Reads, int StallsAt, bool IsAnswer)
{
    /// <summary>How long a sender that is not done counts as stuck: no verdict hangs on it.</summary>
    private static readonly TimeSpan s_stall = TimeSpan.FromMilliseconds(20);

    /// <param name="most">The largest size.</param>
    /// <param name="piece">The largest piece.</param>
    public static Gen<Transfer> Of(int most, int piece) => Gen.Select(
        Gen.Int,
        Gen.OneOf(Gen.Int[0, most], Gen.Int[0, most / 100]),
        Gen.Int[1, piece].Array[1, 6],
        Gen.OneOf(Gen.Int[1, 4 * piece], Gen.Int[64 * 1024, 256 * 1024]).Array[1, 4],
        Gen.Int[0, 3 * most],
        Gen.Int[0, 3],
        static (seed, size, pieces, reads, stall, answer) => new Transfer(seed, size, pieces, reads, stall, answer == 0));

    /// <summary>Sends all and ends the direction.</summary>
    public async Task SendAsync(Socket socket)
    {
        var bytes = new byte[Size];
        new Random(Seed).NextBytes(bytes);
        for (var (at, i) = (0, 0); at < Size; i++)
        {
            var piece = Math.Min(Size - at, Pieces[i % Pieces.Length]);
            at += await socket.SendAsync(bytes.AsMemory(at, piece));
        }
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Reads to the end and fails unless it is all, unchanged.</summary>
    public async Task ReceiveAsync(Socket socket, Task sending)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Reads.Max()];
        var (size, stalls) = (0, true);
        for (var i = 0; ; i++)
        {
            if (stalls && size >= StallsAt)
            {
                stalls = false;
                await Task.WhenAny(sending, Task.Delay(s_stall));
            }
            var count = await socket.ReceiveAsync(buffer.AsMemory(0, Reads[i % Reads.Length]));
            if (count == 0)
            {
                break;
            }
            hash.AppendData(buffer, 0, count);
            size += count;
        }
        var bytes = new byte[Size];
        new Random(Seed).NextBytes(bytes);
        Assert.Equal(Size, size);
        Assert.Equal(SHA256.HashData(bytes), hash.GetHashAndReset());
    }
}
