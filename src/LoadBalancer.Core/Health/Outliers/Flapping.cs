using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health.Outliers;

/// <summary>When the endpoints of one service came back. Not thread safe; the service's writer locks.</summary>
internal sealed class Flapping
{
    private readonly Dictionary<Endpoint, Queue<TimeSpan>> _returns = [];

    /// <summary>Takes a return; true when there were too many.</summary>
    public bool Returned(Endpoint endpoint, FlappingOptions options, TimeSpan now)
    {
        if (!_returns.TryGetValue(endpoint, out var returns))
        {
            _returns.Add(endpoint, returns = new Queue<TimeSpan>());
        }
        returns.Enqueue(now);
        while (now - returns.Peek() > options.Within || returns.Count > options.Returns + 1)
        {
            returns.Dequeue();
        }
        return returns.Count > options.Returns;
    }

    public void Forget(Endpoint endpoint) => _returns.Remove(endpoint);

    public void Clear() => _returns.Clear();
}
