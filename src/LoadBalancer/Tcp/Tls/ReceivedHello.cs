namespace LoadBalancer.Tcp.Tls;

/// <summary>A complete ClientHello.</summary>
/// <param name="ServerName">The name that it asks for; empty for none.</param>
/// <param name="Received">All that has been read of the connection: the hello, and perhaps what follows it.</param>
internal sealed record ReceivedHello(string ServerName, ReadOnlyMemory<byte> Received)
{
    /// <summary>That of a connection that does not begin with one: nothing of it has been read.</summary>
    public static ReceivedHello None { get; } = new("", default);
}
