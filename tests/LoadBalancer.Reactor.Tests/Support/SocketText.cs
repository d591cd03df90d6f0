using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Reads and writes a socket as text, never more than is asked for; what takes too long fails.</summary>
internal static class SocketText
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    extension(Socket socket)
    {
        public async Task SendTextAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text)).WaitAsync(s_hang);

        public async Task<string> ReadTextAsync(int count)
        {
            var bytes = new byte[count];
            for (var read = 0; read < count;)
            {
                var some = await socket.ReceiveAsync(bytes.AsMemory(read)).AsTask().WaitAsync(s_hang);
                Assert.True(some > 0, $"an end after {Encoding.Latin1.GetString(bytes, 0, read)}");
                read += some;
            }
            return Encoding.Latin1.GetString(bytes);
        }

        /// <summary>The next head, with its line ends.</summary>
        public async Task<string> ReadHeadAsync()
        {
            var head = new List<byte>();
            var next = new byte[1];
            while (!CollectionsMarshal.AsSpan(head).EndsWith("\r\n\r\n"u8))
            {
                Assert.True(await socket.ReceiveAsync(next).WaitAsync(s_hang) > 0, "an end within a head");
                head.Add(next[0]);
            }
            return Encoding.Latin1.GetString(CollectionsMarshal.AsSpan(head));
        }

        /// <summary>How what it gets ends: well, or with a reset.</summary>
        public async Task<SocketError> ReadEndAsync()
        {
            try
            {
                var buffer = new byte[64 * 1024];
                while (await socket.ReceiveAsync(buffer).WaitAsync(s_hang) > 0)
                {
                }
                return SocketError.Success;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode;
            }
        }

        public void Reset()
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
        }
    }
}
