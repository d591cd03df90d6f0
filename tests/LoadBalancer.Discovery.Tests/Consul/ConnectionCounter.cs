using System.Globalization;
using System.Net;

namespace LoadBalancer.Discovery.Tests.Consul;

/// <summary>Samples /proc/net/tcp and tcp6 for established connections to an address, and keeps the most.</summary>
internal sealed class ConnectionCounter : IDisposable
{
    private const string Established = "01";

    private readonly string _remote;
    private readonly Timer _timer;
    private int _most;

    public ConnectionCounter(IPEndPoint remote)
    {
        // The kernel prints the address as a number in the machine's byte order.
        _remote = string.Create(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(remote.Address.GetAddressBytes()):X8}:{remote.Port:X4}");
        _timer = new Timer(_ => _most = Math.Max(_most, Count()), null, 0, 10);
    }

    public int Most => _most;

    public void Dispose() => _timer.Dispose();

    // A dual-mode socket shows the IPv4 address at the end of an IPv6 one.
    private int Count() => File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Count(fields => fields[2].EndsWith(_remote, StringComparison.Ordinal) && fields[3] == Established);
}
