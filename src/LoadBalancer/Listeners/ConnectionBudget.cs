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

    private readonly Places _places = new();
    private readonly Reminder _full = new(TimeSpan.FromMinutes(1), time);

    /// <summary>Raised when there is room again after there was none. Whoever waits for room looks once more after it began to listen.</summary>
    public event Action? Room;

    /// <summary>Connections that may be open at once.</summary>
    public int Limit { get; } = limit;

    /// <summary>
    /// How many connections fit a limit on open files: each client's has one to an endpoint beside it, and there is a reserve,
    /// of at most half.
    /// </summary>
    public static int Within(int files) => Math.Max(1, (files - Math.Min(Reserve, files / 2)) / 2);

    /// <summary>Whether another connection may be taken; if not, it is said.</summary>
    public bool HasRoom() => _places.Taken < Limit || Say();

    /// <summary>Counts a connection; false when there is no room.</summary>
    public bool TryEnter() => _places.TryTake(Limit) || Say();

    /// <summary>Counts a connection that is there already. Several listeners may go beyond the limit by one each: the reserve allows it.</summary>
    public void Enter() => _places.Take();

    /// <summary>The connection has ended.</summary>
    public void Leave()
    {
        if (_places.GiveBack() == Limit - 1)
        {
            Room?.Invoke();
        }
    }

    private bool Say()
    {
        if (_full.IsDue())
        {
            LogFull(logger, Limit);
        }
        return false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Limit} connections are open, all that the limit on open files allows; more wait until some end. Raise the limit (ulimit -n, LimitNOFILE= in systemd)")]
    private static partial void LogFull(ILogger logger, int limit);
}
