namespace LoadBalancer.Registry.Checks;

/// <summary>
/// A one-shot timer that can be restarted and stopped. A callback that lost the race against either is recognised by its
/// ticket and does nothing.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="gate">The owner's lock, held by the caller of every method and while <paramref name="expired"/> runs.</param>
/// <param name="expired">What happens when the time is up.</param>
internal sealed class Countdown(TimeProvider time, Lock gate, Action expired)
{
    private object? _ticket;
    private ITimer? _timer;

    public bool IsRunning => _timer is not null;

    public void Restart(TimeSpan after)
    {
        Stop();
        var ticket = _ticket = new object();
        _timer = time.CreateTimer(_ => Fire(ticket), null, after, Timeout.InfiniteTimeSpan);
    }

    public void Stop()
    {
        _ticket = null;
        _timer?.Dispose();
        _timer = null;
    }

    private void Fire(object ticket)
    {
        lock (gate)
        {
            if (ReferenceEquals(_ticket, ticket))
            {
                Stop();
                expired();
            }
        }
    }
}
