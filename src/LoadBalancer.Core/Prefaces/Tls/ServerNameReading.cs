namespace LoadBalancer.Core.Prefaces.Tls;

/// <summary>The server name of a connection whose ClientHello is being read.</summary>
public sealed class ServerNameReading
{
    /// <summary>What is wrong with a connection whose hello is not there within <see cref="PrefaceLimit.Default"/>.</summary>
    public const string Late = "no ClientHello came in time";

    private ClientHelloReader _reader;

    /// <summary>The name, when complete; empty for none.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What is wrong, when malformed.</summary>
    public string? Problem => _reader.Problem;

    /// <inheritdoc cref="ClientHelloReader.Read"/>
    public PrefaceStatus Read(ReadOnlySpan<byte> received)
    {
        Span<char> name = stackalloc char[ClientHelloReader.LongestName];
        var status = _reader.Read(received, name);
        if (status == PrefaceStatus.Complete)
        {
            Name = new string(name[.._reader.NameLength]);
        }
        return status;
    }
}
