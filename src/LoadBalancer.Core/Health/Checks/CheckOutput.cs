using System.Buffers;

namespace LoadBalancer.Core.Health.Checks;

/// <summary>Reads what a checked program says, up to a limit, so that a chatty one costs no memory.</summary>
internal static class CheckOutput
{
    /// <summary>Characters kept of a body or of a program's output; Consul keeps 4 KiB as well.</summary>
    public const int Limit = 4096;

    /// <summary>Up to <paramref name="limit"/> characters from the start of <paramref name="reader"/>.</summary>
    public static async Task<string> HeadAsync(TextReader reader, CancellationToken ct, int limit = Limit)
    {
        var buffer = ArrayPool<char>.Shared.Rent(limit);
        try
        {
            var length = await reader.ReadBlockAsync(buffer.AsMemory(0, limit), ct);
            return new string(buffer, 0, length);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    /// <summary>As <see cref="HeadAsync"/>, then reads on to the end and drops it: a program whose pipe is full would never exit.</summary>
    public static async Task<string> HeadAndDrainAsync(TextReader reader, CancellationToken ct)
    {
        var head = await HeadAsync(reader, ct);
        var rest = new char[Limit];
        while (await reader.ReadAsync(rest, ct) > 0)
        {
        }
        return head;
    }

    /// <summary>
    /// The first line that has more than white space, up to 200 characters, for a log: what would steer a terminal is
    /// replaced. "" when there is none.
    /// </summary>
    public static string FirstLine(string output)
    {
        foreach (var line in output.AsSpan().EnumerateLines())
        {
            if (line.Trim() is { IsEmpty: false } text)
            {
                return string.Create(Math.Min(text.Length, 200), text, static (result, text) =>
                {
                    for (var i = 0; i < result.Length; i++)
                    {
                        result[i] = char.IsControl(text[i]) ? '?' : text[i];
                    }
                });
            }
        }
        return "";
    }
}
