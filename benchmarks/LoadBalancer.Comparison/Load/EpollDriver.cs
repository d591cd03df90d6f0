using System.Diagnostics;
using LoadBalancer.Comparison.Native;
using LoadBalancer.Comparison.Workloads;

namespace LoadBalancer.Comparison.Load;

/// <summary>
/// Load from one thread with an epoll loop: at a constant rate (<see cref="LoadPlan.Rate"/>), free of coordinated
/// omission, or saturating. HTTP and echoed TCP messages, on kept connections or a new one per request.
/// </summary>
public sealed class EpollDriver : ILoadDriver
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public Task<LoadResult> RunAsync(LoadPlan plan, CancellationToken cancellation) =>
        Task.Factory.StartNew(() => Run(plan, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadResult Run(LoadPlan plan, CancellationToken cancellation)
    {
        // The kernel may otherwise round a wake-up by 50 µs, which would count as the proxy's latency.
        _ = Libc.Control(Libc.PrSetTimerSlack, 1);
        using var epoll = new Epoll();
        var run = new EpollRun(plan, epoll);
        try
        {
            return run.ToEnd(s_grace, cancellation);
        }
        finally
        {
            run.CloseAll();
        }
    }

    private sealed class EpollRun
    {
        private readonly LoadPlan _plan;
        private readonly Epoll _epoll;
        private readonly ClientConnection[] _connections;
        private readonly Queue<int> _free;
        private readonly Latencies _latencies;
        private readonly Schedule _schedule;
        private readonly long _start;
        private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
        private int _busy;
        private long _good;
        private long _errors;

        public EpollRun(LoadPlan plan, Epoll epoll)
        {
            _plan = plan;
            _epoll = epoll;
            var request = plan.Workload.Request();
            _connections = [.. Enumerable.Range(0, plan.Connections).Select(_ => new ClientConnection(plan.Port, request, ReaderFor(plan.Workload)))];
            _free = new Queue<int>(Enumerable.Range(0, plan.Connections));
            _latencies = new Latencies((int)((plan.Rate ?? 100_000) * plan.Duration.TotalSeconds) + 1);
            _start = Stopwatch.GetTimestamp();
            _schedule = new Schedule(_start, plan.Duration, plan.Rate);
        }

        public LoadResult ToEnd(TimeSpan grace, CancellationToken cancellation)
        {
            var limit = _start + (long)((_plan.Duration + grace).TotalSeconds * Stopwatch.Frequency);
            long now;
            while ((now = Stopwatch.GetTimestamp()) < limit)
            {
                cancellation.ThrowIfCancellationRequested();
                BeginDue(now);
                var next = _schedule.Next(now);
                if (next is null && _busy == 0)
                {
                    break;
                }
                // With no connection free only an answer can bring work; 100 ms bound the reaction to a cancellation.
                var wait = next is { } due && _free.Count > 0 ? due - Stopwatch.GetTimestamp() : limit - now;
                var ready = _epoll.Wait(Math.Min(wait, 100_000_000));
                for (var i = 0; i < ready; i++)
                {
                    Step(_epoll.ReadyKey(i));
                }
            }
            var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            var unanswered = _schedule.Total is { } total ? total - _good - _errors : _busy;
            return new LoadResult(_good, 0, seconds, _latencies.Percentile(0.5), _latencies.Percentile(0.99), _errors + Math.Max(unanswered, 0));
        }

        public void CloseAll()
        {
            foreach (var connection in _connections)
            {
                connection.Close();
            }
        }

        private static IAnswerReader ReaderFor(Workload workload) =>
            workload.Kind == WorkloadKind.Http ? new HttpAnswerReader() : new EchoReader(workload.RequestBytes);

        private void BeginDue(long now)
        {
            // One pass over the free ones at most: a proxy that refuses every connect must not keep the loop here.
            for (var tries = _free.Count; tries > 0 && _schedule.Next(now) is { } due && due <= now; tries--)
            {
                _schedule.Take();
                var index = _free.Dequeue();
                var connection = _connections[index];
                if (connection.Descriptor < 0 && !connection.Open(_epoll, index))
                {
                    Fail(index, wasBusy: false);
                    continue;
                }
                _busy++;
                if (connection.Begin(due) == ConnectionState.Closed)
                {
                    Fail(index, wasBusy: true);
                }
            }
        }

        private void Step(int index)
        {
            var connection = _connections[index];
            if (connection.Descriptor < 0)
            {
                return;
            }
            var wasBusy = connection.Busy;
            ConnectionState state;
            try
            {
                state = connection.Continue(_buffer);
            }
            catch (InvalidDataException)
            {
                state = ConnectionState.Closed;
            }
            if (state == ConnectionState.Answered)
            {
                Count(connection);
                _busy--;
                if (_plan.Workload.NewConnectionEachTime)
                {
                    connection.Close();
                }
                _free.Enqueue(index);
            }
            else if (state == ConnectionState.Closed && wasBusy)
            {
                Fail(index, wasBusy);
            }
            else if (state == ConnectionState.Closed)
            {
                // An idle connection may be closed at any time; the next request opens it again.
                connection.Close();
            }
        }

        private void Count(ClientConnection connection)
        {
            if (!connection.Reader.Good)
            {
                _errors++;
                return;
            }
            _good++;
            _latencies.Add(Stopwatch.GetTimestamp() - connection.Due);
        }

        private void Fail(int index, bool wasBusy)
        {
            _errors++;
            _busy -= wasBusy ? 1 : 0;
            _connections[index].Close();
            _free.Enqueue(index);
        }
    }
}
