namespace LoadBalancer.Registry.Dns;

/// <summary>
/// From packet to packet. Over UDP an answer is cut to three records, or with EDNS to what the asker can take, and is then
/// marked truncated (Consul marks it only when told to); over TCP it is whole.
/// </summary>
/// <param name="resolver">Knows the answers.</param>
/// <param name="ttl">How long they may be kept; whole seconds.</param>
internal sealed class DnsResponder(DnsResolver resolver, TimeSpan ttl)
{
    /// <summary>Consul's udp_answer_limit, for askers without EDNS.</summary>
    public const int PlainUdpAnswers = 3;

    private readonly uint _ttl = (uint)ttl.TotalSeconds;

    /// <summary>The answer to one packet, or null for what deserves none.</summary>
    public byte[]? Answer(ReadOnlySpan<byte> packet, bool overTcp)
    {
        if (!DnsQueryReader.IsQuery(packet))
        {
            return null;
        }
        if (DnsQueryReader.Opcode(packet) != 0)
        {
            return DnsAnswerWriter.WriteError(packet, DnsCode.NotImplemented);
        }
        if (!DnsQueryReader.TryRead(packet, out var query))
        {
            return DnsAnswerWriter.WriteError(packet, DnsCode.FormatError);
        }
        var answer = resolver.Resolve(query);
        if (overTcp)
        {
            return DnsAnswerWriter.Write(query, answer, _ttl, ushort.MaxValue, int.MaxValue);
        }
        return query.EdnsSize is { } size
            ? DnsAnswerWriter.Write(query, answer, _ttl, Math.Clamp((int)size, DnsAnswerWriter.PlainUdpLimit, DnsAnswerWriter.MaximumUdp), int.MaxValue)
            : DnsAnswerWriter.Write(query, answer, _ttl, DnsAnswerWriter.PlainUdpLimit, PlainUdpAnswers);
    }
}
