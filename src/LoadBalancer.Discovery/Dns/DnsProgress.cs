using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.Dns;

/// <summary>
/// Decides what the answers of single services say of the source as a whole: when it is complete, and when nobody
/// answers at all. One service that stays silent decides neither.
/// </summary>
internal sealed class DnsProgress(ISourceFeed feed)
{
    // At a cold start so many services without an answer between them are the servers' fault, not the names'. Later,
    // when single names are known to be slow, it takes all.
    private const int SilentAtStart = 3;

    // Held while the feed is told, so that it hears of a failure and a completion in the order in which they are true.
    private readonly Lock _lock = new();
    private readonly HashSet<string> _silent = [];
    private HashSet<string> _services = [];
    private HashSet<string> _waiting = [];
    private bool _answered;
    private bool _complete;
    private bool _failed;

    /// <summary>These are the services now; the ones known before need not be asked again.</summary>
    public void Expect(IReadOnlyCollection<string> services)
    {
        lock (_lock)
        {
            _waiting = [.. services.Where(service => !_services.Contains(service) || _waiting.Contains(service))];
            _services = [.. services];
            _silent.IntersectWith(_services);
            _complete = false;
            CompleteWhenAllAsked();
        }
    }

    /// <summary>A server answered, be it with an error.</summary>
    public void Answered(string service)
    {
        lock (_lock)
        {
            (_answered, _failed) = (true, false);
            _waiting.Remove(service);
            // They were asked as well, and by now it is known that the servers live.
            _waiting.ExceptWith(_silent);
            _silent.Clear();
            CompleteWhenAllAsked();
        }
    }

    /// <summary>No server answered.</summary>
    /// <param name="service">The service that was asked for.</param>
    /// <param name="failure">Whether the servers could be reached.</param>
    /// <param name="error">For people.</param>
    public void Unanswered(string service, DnsFailure failure, string error)
    {
        lock (_lock)
        {
            _silent.Add(service);
            if (failure == DnsFailure.Unreachable || _silent.Count >= (_answered ? _services.Count : Math.Min(SilentAtStart, _services.Count)))
            {
                Fail(error);
            }
            else if (_answered)
            {
                _waiting.Remove(service);
                CompleteWhenAllAsked();
            }
        }
    }

    private void Fail(string error)
    {
        if (!_failed)
        {
            feed.Fail(error);
        }
        (_failed, _answered, _complete) = (true, false, false);
        _silent.Clear();
        _waiting = [.. _services];
    }

    private void CompleteWhenAllAsked()
    {
        if (!_complete && _waiting.Count == 0 && (_answered || _services.Count == 0))
        {
            _complete = true;
            feed.Complete();
        }
    }
}
