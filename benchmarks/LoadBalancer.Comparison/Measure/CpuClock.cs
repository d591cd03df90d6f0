namespace LoadBalancer.Comparison.Measure;

/// <summary>
/// What a process and its descendants use while something runs. The CPU time is the sum of every thread's schedstat
/// (nanoseconds); its split is that of /proc/PID/stat (clock ticks). Threads are read every 100 ms, so that one which
/// ends takes at most that much uncounted time with it.
/// </summary>
public sealed class CpuClock
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<int> _processes;
    private readonly Dictionary<string, long> _first;
    private readonly Dictionary<string, long> _last = [];
    private readonly (long User, long System) _ticks;
    private long _peakPages;

    private CpuClock(int processId)
    {
        _processes = ProcessTree.Of(processId);
        _ticks = Observe();
        _first = new Dictionary<string, long>(_last);
    }

    /// <summary>Runs <paramref name="work"/> and says what the process and its descendants used meanwhile.</summary>
    public static async Task<(T Result, Usage Usage)> MeasureAsync<T>(int processId, Func<Task<T>> work)
    {
        var clock = new CpuClock(processId);
        var running = work();
        while (await Task.WhenAny(running, Task.Delay(s_period)) != running)
        {
            _ = clock.Observe();
        }
        return (await running, clock.Finish());
    }

    private Usage Finish()
    {
        var (user, system) = Observe();
        user -= _ticks.User;
        system -= _ticks.System;
        var nanoseconds = _last.Sum(thread => thread.Value - _first.GetValueOrDefault(thread.Key));
        return new Usage(nanoseconds / 1e3, user + system > 0 ? (double)user / (user + system) : 0, _peakPages * Environment.SystemPageSize);
    }

    private (long User, long System) Observe()
    {
        long user = 0, system = 0, pages = 0;
        foreach (var process in _processes)
        {
            if (ProcessTree.TryRead($"/proc/{process}/stat") is not { } text)
            {
                continue;
            }
            var stat = ProcessStat.Parse(text);
            user += stat.UserTicks;
            system += stat.SystemTicks;
            pages += stat.ResidentPages;
            foreach (var thread in Directory.GetDirectories($"/proc/{process}/task"))
            {
                if (ProcessTree.TryRead(thread + "/schedstat") is { } schedStat)
                {
                    _last[thread] = SchedStat.ParseOnCpu(schedStat);
                }
            }
        }
        _peakPages = Math.Max(_peakPages, pages);
        return (user, system);
    }
}
