namespace LoadBalancer.Configuration;

/// <summary>What was found where the configuration file should be: its bytes, or why they cannot be had.</summary>
internal sealed record FileContent(ReadOnlyMemory<byte> Bytes, string? Problem)
{
    private const int MaxLength = 16 * 1024 * 1024;

    /// <summary>Reads the file; never throws.</summary>
    public static FileContent Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            // By hand: the length of a pipe or of a file that is being written says nothing.
            var buffer = new byte[64 * 1024];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                if (content.Length > MaxLength)
                {
                    return Failed($"larger than {MaxLength / 1024 / 1024} MiB; this is not an lb.json");
                }
            }
            return new FileContent(content.ToArray(), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed("there is no such file; create it, or name another one with --config");
        }
        catch (UnauthorizedAccessException)
        {
            return Failed(Directory.Exists(path) ? "this is a folder; name the file in it" : "may not be read by this user; check its permissions");
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            return Failed("cannot be read: " + e.Message);
        }
    }

    /// <summary>True when both would be bound to the same result.</summary>
    public bool IsSame(FileContent other) => Problem == other.Problem && Bytes.Span.SequenceEqual(other.Bytes.Span);

    private static FileContent Failed(string problem) => new(default, problem);
}
