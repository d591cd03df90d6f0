namespace LoadBalancer.Core.Health.Checks;

/// <summary>Reads what a checked program says, up to a limit, so that a chatty one costs no memory.</summary>
internal static class CheckOutput
{
    /// <summary>Characters kept of a body or of a program's output; Consul keeps 4 KiB as well.</summary>
    public const int Limit = 4096;

    /// <summary>Up to <see cref="Limit"/> characters from the start of <paramref name="reader"/>.</summary>
    public static async Task<string> HeadAsync(TextReader reader, CancellationToken ct)
    {
        var buffer = new char[Limit];
        var length = await reader.ReadBlockAsync(buffer, ct);
        return new string(buffer, 0, length);
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
}
