namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>An endpoint that works on so many requests at once, each for a time from its distribution; others wait in order.</summary>
internal sealed class SimulatedEndpoint(EventQueue events, Random random, ServiceTime serviceTime, int concurrency)
{
    private readonly Queue<Action> _waiting = new();
    private int _working;

    /// <summary>Requests that it got.</summary>
    public int Received { get; private set; }

    /// <summary>The most that were waiting or worked on at once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>How long it works on the requests that begin from now on.</summary>
    public ServiceTime ServiceTime { get; set; } = serviceTime;

    /// <summary>The part of its answers that are errors.</summary>
    public double ErrorRatio { get; set; }

    /// <summary>True while it takes no connection.</summary>
    public bool IsRefusing { get; set; }

    /// <summary>True while it takes requests and never answers.</summary>
    public bool IsHanging { get; set; }

    /// <summary>Draws whether an answer is an error.</summary>
    public bool Errs() => ErrorRatio > 0 && random.NextDouble() < ErrorRatio;

    /// <summary>Gets a request and calls back when it has answered it.</summary>
    public void Receive(Action answered)
    {
        Received++;
        _waiting.Enqueue(answered);
        MostAtOnce = Math.Max(MostAtOnce, _waiting.Count + _working);
        WorkOn();
    }

    private void WorkOn()
    {
        while (_working < concurrency && _waiting.TryDequeue(out var answered))
        {
            _working++;
            events.After(ServiceTime.Next(random), () =>
            {
                _working--;
                answered();
                WorkOn();
            });
        }
    }
}
