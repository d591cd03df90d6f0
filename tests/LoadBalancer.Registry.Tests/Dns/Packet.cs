using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LoadBalancer.Registry.Dns;

namespace LoadBalancer.Registry.Tests.Dns;

/// <summary>A DNS packet octet by octet, for what a well-behaved client library neither sends nor shows.</summary>
internal sealed record Packet(byte[] Octets)
{
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Octets);

    public bool IsResponse => (Octets[2] & 0x80) != 0;

    public bool Truncated => (Octets[2] & 0x02) != 0;

    public int Code => Octets[3] & 0xF;

    public int Questions => BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(4));

    public int Answers => BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(6));

    public int Additionals => BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(10));

    public static byte[] Query(string name, DnsType type, ushort ednsSize = 0, byte ednsVersion = 0, byte opcode = 0, ushort kind = 1, ushort id = 4711)
    {
        List<byte> octets = [];
        void Add(int value)
        {
            octets.Add((byte)(value >> 8));
            octets.Add((byte)value);
        }
        Add(id);
        Add((opcode << 11) | 0x0100);
        Add(1);
        Add(0);
        Add(0);
        Add(ednsSize > 0 ? 1 : 0);
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.Latin1.GetBytes(label));
        }
        octets.Add(0);
        Add((int)type);
        Add(kind);
        if (ednsSize > 0)
        {
            octets.Add(0);
            Add((int)DnsType.Opt);
            Add(ednsSize);
            Add(ednsVersion);
            Add(0);
            Add(0);
        }
        return [.. octets];
    }

    /// <summary>Asks over UDP; a datagram may be lost, even on loopback.</summary>
    public static async Task<Packet> AskAsync(int port, byte[] query, CancellationToken ct)
    {
        using var client = new UdpClient();
        client.Connect(IPAddress.Loopback, port);
        for (var attempt = 0; ; attempt++)
        {
            await client.SendAsync(query, ct);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                return new Packet((await client.ReceiveAsync(limit.Token)).Buffer);
            }
            catch (OperationCanceledException) when (attempt < 3 && !ct.IsCancellationRequested)
            {
            }
        }
    }
}
