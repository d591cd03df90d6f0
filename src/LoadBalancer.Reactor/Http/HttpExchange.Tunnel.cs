using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Tcp;

namespace LoadBalancer.Reactor.Http;

/// <summary>
/// What follows a 101 (RFC 9110 section 15.2.2): both connections speak another protocol until they end, and are relayed. The
/// exchange goes on, with all that it holds at the service and the endpoint.
/// </summary>
/// <remarks>
/// What the client sends behind its request is not read before, and goes to the endpoint only then: if the endpoint does
/// not switch, it is the next request.
/// </remarks>
internal sealed partial class HttpExchange
{
    /// <summary>Where in the head that goes to the endpoint the protocols are that the client asks for; empty when it asks for none.</summary>
    private Slice _upgrade;

    /// <summary>The 101 is on its way to the client.</summary>
    private bool _isSwitching;
    private Relay? _tunnel;

    /// <summary>The endpoint says that it switches; false when the exchange has ended or begun another attempt.</summary>
    private bool TakeSwitch(ResponseHead response, ReadOnlySpan<byte> head)
    {
        // A request that asks has no content: all of it is still there.
        if (!_isRequestSent || _upgrade.Length == 0 || !UpgradeProtocols.AreAsked(response.Table, head, _upgrade.Of(_toUpstream!.Filled)))
        {
            // Nobody asked for it.
            Failed(AttemptFailure.Malformed);
            return false;
        }
        var cookie = NewCookie();
        var room = head.Length + SessionCookie.RoomFor(cookie);
        if (room + ResponseHeadWriter.Added > BufferPool.LargeSize)
        {
            Failed(AttemptFailure.Malformed);
            return false;
        }
        _dispatch.Answered(response.Status);
        _admission.Answered(LeaseOutcome.Succeeded, Loop.Timestamp);
        _toClient = RentFor(room);
        ResponseHeadWriter.Write(_toClient, response, head, isChunked: false, "Upgrade"u8, default, cookie);
        _fromUpstream!.Consume(head.Length);
        _hasHead = true;
        _isSwitching = true;
        // What a request may take is over; a tunnel has times of its own.
        _ends = LoopTimer.Never;
        SetIdleDeadline();
        return true;
    }

    /// <summary>The client has been told: what either side has said already goes first.</summary>
    private void BeginTunnel()
    {
        _phase = Phase.Tunnel;
        Loop.Buffers.Return(ref _toUpstream);
        ReturnEmptyInput();
        _tunnel = new Relay(_client, _upstream!, _client.TakeInput(), _fromUpstream);
        _fromUpstream = null;
        SetTunnelDeadline();
        RunTunnel();
    }

    private void RunTunnel()
    {
        switch (_tunnel!.Run())
        {
            case RelayStatus.Ended:
                EndTunnel(LeaseOutcome.Succeeded, reset: false);
                break;
            case RelayStatus.Broken:
                EndTunnel(_client.IsHungUp || _client.IsReset ? LeaseOutcome.Canceled : LeaseOutcome.Failed, reset: true);
                break;
            default:
                break;
        }
    }

    /// <summary>Nobody is to blame when nobody has anything to say.</summary>
    private void SetTunnelDeadline()
    {
        if (_tunnel!.Deadline(_dispatch.Service!.Snapshot.Policy.Timeouts) is { } deadline)
        {
            _client.SetDeadline(deadline - Loop.Now);
        }
        else
        {
            EndTunnel(LeaseOutcome.Canceled, reset: true);
        }
    }

    private void EndTunnel(LeaseOutcome outcome, bool reset)
    {
        var client = _client;
        _upstream!.Close(reset);
        End(outcome, keepUpstream: false);
        client.Finish(reset);
    }
}
