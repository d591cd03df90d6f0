using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace LoadBalancer.Listeners;

/// <summary>
/// How many connections all listeners together may have open, so that the process never runs out of descriptors in the
/// middle of a request: clients wait in the kernel's backlog instead.
/// </summary>
internal sealed partial class ConnectionBudget(int limit, TimeProvider time, ILogger logger)
{
    /// <summary>Descriptors that are for other things: the files of the program itself (some 200), watches of Consul (128 at most), probes (64).</summary>
    private const int Reserve = 512;

    private static readonly TimeSpan s_sayAgain = TimeSpan.FromMinutes(1);

    /// <summary>At most one signal that there may be room again.</summary>
    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(1);
    private int _open;
    private long _said;

    /// <summary>Connections that may be open at once.</summary>
    public int Limit { get; } = limit;

    /// <summary>
    /// How many connections fit a limit on open files: each client's has one to an endpoint beside it, and there is a reserve,
    /// of at most half.
    /// </summary>
    public static int Within(int files) => Math.Max(1, (files - Math.Min(Reserve, files / 2)) / 2);

    /// <summary>Counts a connection. Several listeners may go beyond the limit by one each: the reserve allows it.</summary>
    public void Enter() => Interlocked.Increment(ref _open);

    /// <summary>The connection has ended.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _open) == Limit - 1)
        {
            _room.Writer.TryWrite(true);
        }
    }

    /// <summary>Completes at once while there is room.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken stop) => Volatile.Read(ref _open) < Limit ? ValueTask.CompletedTask : WaitAsync(stop);

    private async ValueTask WaitAsync(CancellationToken stop)
    {
        Say();
        while (Volatile.Read(ref _open) >= Limit)
        {
            await _room.Reader.ReadAsync(stop).ConfigureAwait(false);
        }
        // One signal wakes one listener, and there may be room for another, too.
        _room.Writer.TryWrite(true);
    }

    private void Say()
    {
        var now = time.GetTimestamp();
        var before = Volatile.Read(ref _said);
        if ((before == 0 || time.GetElapsedTime(before, now) >= s_sayAgain) && Interlocked.CompareExchange(ref _said, now, before) == before)
        {
            LogFull(logger, Limit);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Limit} connections are open, all that the limit on open files allows; more wait until some end. Raise the limit (ulimit -n, LimitNOFILE= in systemd)")]
    private static partial void LogFull(ILogger logger, int limit);
}
