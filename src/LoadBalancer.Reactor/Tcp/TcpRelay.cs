using System.Net;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// A client's connection and the endpoint's: finds an endpoint that takes it, then moves bytes both ways. An end of one
/// direction is passed on as a half-close; an error in either ends both with a reset, so that neither peer takes a cut
/// stream for a complete one.
/// </summary>
internal sealed class TcpRelay : ITimed, IWaiter, ILoopTask
{
    private const int MostSteps = 16;

    private readonly TcpLoop _tcp;
    private readonly ReactorTcpListener _listener;
    private readonly IPAddress? _peer;
    private readonly RelaySocket _client;
    private readonly LoopTimer _timer;
    private RelaySocket? _upstream;
    private Flow? _up;
    private Flow? _down;
    private Dispatch _dispatch;
    private Admission _admission;
    private ServiceGuard? _guard;
    private QueueEntry? _entry;
    private Phase _phase;
    private bool _isWaiting;
    private volatile bool _isGranted;

    public TcpRelay(TcpLoop tcp, ReactorTcpListener listener, int descriptor, IPAddress? peer)
    {
        _tcp = tcp;
        _listener = listener;
        _peer = peer;
        _timer = new LoopTimer(this);
        _client = new RelaySocket(tcp.Loop, descriptor, this);
        tcp.Relays.Add(this);
    }

    private enum Phase : byte
    {
        Queued,
        Leaving,
        Connecting,
        Relaying,
        Ended,
    }

    private EventLoop Loop => _tcp.Loop;

    public void Start(Service service)
    {
        service.CountRequest();
        _guard = service.Guard;
        _dispatch.Begin(service, [], Loop.Timestamp);
        if (_dispatch.HashOn is not null)
        {
            // A connection has no other key, whatever the service says.
            _dispatch.Hash = KeyHash.Of(_peer);
        }
        if (_guard is null)
        {
            Attempt();
            return;
        }
        if (_guard.RateLimit is { } rate
            && !(rate.Per.Key == RateLimitKey.Header ? rate.TryAcquire(ReadOnlySpan<byte>.Empty, Loop.Timestamp, out _) : rate.TryAcquire(_peer, Loop.Timestamp, out _)))
        {
            Refuse(Refusal.RateLimited);
            return;
        }
        _phase = Phase.Queued;
        _entry = new QueueEntry(this);
        var answer = _guard.Arrive(ref _admission, _entry, Loop.Timestamp, out _);
        _isWaiting = answer == GuardAnswer.Waiting;
        if (!_isWaiting)
        {
            Entered(answer);
        }
    }

    /// <summary>Either socket has something new.</summary>
    public void OnSocket()
    {
        switch (_phase)
        {
            case Phase.Queued or Phase.Connecting when _client.IsHungUp:
                Abort();
                break;
            case Phase.Connecting:
                Connected();
                break;
            case Phase.Relaying:
                Relay();
                break;
            default:
                break;
        }
    }

    public void OnDeadline()
    {
        if (_phase == Phase.Connecting)
        {
            Failed(AttemptFailure.Connect);
        }
        else if (_phase == Phase.Relaying)
        {
            // Silent for too long.
            Abort();
        }
    }

    void IWaiter.Granted()
    {
        _isGranted = true;
        Loop.Post(this);
    }

    void IWaiter.Expired()
    {
        _isGranted = false;
        Loop.Post(this);
    }

    void ILoopTask.Run()
    {
        _isWaiting = false;
        if (_phase == Phase.Leaving)
        {
            if (_isGranted)
            {
                _guard!.Queue!.Exit();
            }
            _phase = Phase.Ended;
        }
        else if (_isGranted)
        {
            Entered(_guard!.Resume(ref _admission, Loop.Timestamp, out _));
        }
        else
        {
            Refuse(Refusal.QueueTimeout);
        }
    }

    /// <summary>Ends both sides with a reset.</summary>
    public void Abort() => End(LeaseOutcome.Canceled, reset: true);

    private void Entered(GuardAnswer answer)
    {
        if (answer != GuardAnswer.Admitted)
        {
            Refuse(Refusal.Of(answer));
            return;
        }
        _dispatch.Begin(_dispatch.Service!, [], Loop.Timestamp);
        Attempt();
    }

    private void Attempt()
    {
        if (_dispatch.Next() is { } endpoint)
        {
            var descriptor = TcpConnect.Begin(TcpLoop.AddressOf(endpoint).Span, out var errno);
            if (descriptor < 0)
            {
                Failed(Errno.IsShortage(errno) ? AttemptFailure.Shortage : AttemptFailure.Connect);
                return;
            }
            _phase = Phase.Connecting;
            _upstream = new RelaySocket(Loop, descriptor, this);
            Loop.Timers.Set(_timer, Loop.Now + (long)_dispatch.Snapshot!.Policy.ConnectTimeout.TotalMilliseconds);
            return;
        }
        _admission.Answered(_dispatch.Failure == AttemptFailure.None ? LeaseOutcome.Canceled : _dispatch.Failure.Outcome(), Loop.Timestamp);
        Refuse(Refusal.Of(_dispatch.Failure));
    }

    private void Failed(AttemptFailure failure)
    {
        _upstream?.Close();
        _upstream = null;
        if (_dispatch.TryAgain(failure, isRepeatable: true, Loop.Time))
        {
            Attempt();
            return;
        }
        _admission.Answered(failure.Outcome(), Loop.Timestamp);
        Refuse(Refusal.Of(failure));
    }

    private void Connected()
    {
        if (!_upstream!.HasConnected)
        {
            // The client's socket woke us.
            return;
        }
        if (TcpConnect.Error(_upstream.Descriptor) is var errno && errno != 0)
        {
            Failed(Errno.IsShortage(errno) ? AttemptFailure.Shortage : AttemptFailure.Connect);
            return;
        }
        _phase = Phase.Relaying;
        _dispatch.Answered();
        _admission.Answered(LeaseOutcome.Succeeded, Loop.Timestamp);
        _up = new Flow(_client, _upstream);
        _down = new Flow(_upstream, _client);
        Relay();
    }

    private void Relay()
    {
        var moved = true;
        for (var step = 0; step < MostSteps && moved; step++)
        {
            moved = false;
            if (!_up!.Step(Loop.Buffers, ref moved) || !_down!.Step(Loop.Buffers, ref moved))
            {
                Abort();
                return;
            }
            if (_up.HasEnded && _down.HasEnded)
            {
                End(LeaseOutcome.Succeeded, reset: false);
                return;
            }
        }
        Loop.Timers.Set(_timer, Loop.Now + (long)_listener.IdleTimeout.TotalMilliseconds);
        if (moved)
        {
            Loop.Schedule(_client);
        }
    }

    private void Refuse(Refusal refusal)
    {
        _listener.Refused(_dispatch.Service!, refusal);
        End(LeaseOutcome.Canceled, reset: false);
    }

    private void End(LeaseOutcome outcome, bool reset)
    {
        if (_phase is Phase.Ended or Phase.Leaving)
        {
            return;
        }
        // A place that is being granted at this moment is given back when the callback comes.
        _phase = _isWaiting && !_guard!.Queue!.Cancel(_entry!) ? Phase.Leaving : Phase.Ended;
        _dispatch.End(_up is null ? outcome : LeaseOutcome.Succeeded);
        _admission.End(outcome, Loop.Timestamp);
        Loop.Timers.Remove(_timer);
        _up?.Release(Loop.Buffers);
        _down?.Release(Loop.Buffers);
        _client.Close(reset);
        _upstream?.Close(reset);
        _tcp.Relays.Remove(this);
        _listener.Ended();
    }
}
