using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Health;

/// <summary>The endpoints of one service that are out because connections failed. Not thread safe; the service's writer locks.</summary>
internal sealed class Ejections
{
    private readonly Dictionary<Endpoint, TimeSpan> _until = [];

    /// <summary>When the first ejection ends, or null when there is none.</summary>
    public TimeSpan? Next => _until.Count == 0 ? null : _until.Values.Min();

    public bool Contains(Endpoint endpoint) => _until.Count > 0 && _until.ContainsKey(endpoint);

    public void Add(Endpoint endpoint, TimeSpan until) => _until.Add(endpoint, until);

    public bool Remove(Endpoint endpoint) => _until.Remove(endpoint);

    /// <summary>Ends the ejections whose time is over; true when there was one.</summary>
    public bool RemoveExpired(TimeSpan now)
    {
        var before = _until.Count;
        foreach (var (endpoint, until) in _until)
        {
            if (until <= now)
            {
                _until.Remove(endpoint);
            }
        }
        return _until.Count != before;
    }
}
