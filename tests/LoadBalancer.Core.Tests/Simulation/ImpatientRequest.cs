using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>
/// A request on its way through guard, dispatch and endpoint, as an engine carries it, of a client that gives up after a
/// time. The endpoint knows nothing of that and works on it all the same, which is how an overloaded service collapses.
/// </summary>
internal sealed class ImpatientRequest : IWaiter
{
    private readonly OverloadedService _service;
    private readonly EndpointEntry _entry;
    private Admission _admission;
    private Dispatch _dispatch;
    private bool _isOver;

    public ImpatientRequest(OverloadedService service)
    {
        _service = service;
        _entry = new EndpointEntry(this);
    }

    private long Now => _service.World.Time.GetTimestamp();

    public void Arrive()
    {
        var service = _service.Service;
        if (service.Guard?.Arrive(ref _admission, _entry, Now, out _) is { } answer and not GuardAnswer.Admitted)
        {
            Assert.Equal(GuardAnswer.Overloaded, answer);
            _service.Refused++;
            return;
        }
        _service.Events.After(OverloadedService.Patience, GiveUp);
        _dispatch.Begin(service, [], Now);
        if (_dispatch.Next() is not null || (_dispatch.IsFull && _dispatch.Wait(_entry, Now) == QueueAnswer.Entered))
        {
            Send();
        }
        else if (_entry.Queue is null)
        {
            Refuse();
        }
    }

    public void Granted()
    {
        _dispatch.Resume(_entry, granted: true, Now);
        Send();
    }

    public void Expired() => Refuse();

    private void Send() => _service.Endpoints[_dispatch.Endpoint!.Id.ServiceId].Receive(() =>
    {
        if (!_isOver)
        {
            _service.Good++;
            _dispatch.Answered();
            End(LeaseOutcome.Succeeded);
        }
    });

    private void Refuse()
    {
        _service.Refused++;
        End(LeaseOutcome.Canceled);
    }

    private void GiveUp()
    {
        if (!_isOver)
        {
            _service.Service.EndpointQueue?.Cancel(_entry);
            _service.GivenUp++;
            End(LeaseOutcome.Canceled);
        }
    }

    private void End(LeaseOutcome outcome)
    {
        _isOver = true;
        _admission.End(outcome, Now);
        _dispatch.End(outcome);
    }
}
