using System.Net;
using System.Runtime.InteropServices;
using LoadBalancer.Core.Balancing.Hashing;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Health;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Prefaces.ProxyProtocol;
using LoadBalancer.Core.Prefaces.Tls;
using LoadBalancer.Core.Resilience;
using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Native;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tcp;

/// <summary>
/// A client's connection: finds its service, passes the guard, finds an endpoint that takes it, and is relayed to that.
/// Before it is relayed nothing is read of it but what has to be known to find the service, and who the client is: what else
/// the client sends waits in the kernel.
/// </summary>
/// <remarks>
/// A client that breaks its connection while it waits for any of that is noticed, and gives everything back at once. One that
/// has only ended its direction (nc -N) waits for its answer.
/// </remarks>
internal sealed partial class TcpConnection : StreamSocket, ITimed, IWaiter, ILoopTask
{
    /// <summary>Milliseconds between two looks for a service that nobody has named yet.</summary>
    private const int LookAgain = 20;

    private readonly TcpConnectionHost _host;
    private readonly LoopTimer _timer;

    /// <summary>The client's address: by the PROXY header, where there is one.</summary>
    private IPAddress? _client;

    /// <summary>Since when it waits for its service to be named.</summary>
    private long _asked;
    private Service? _service;
    private string _tag = "";
    private ServiceGuard? _guard;
    private Dispatch _dispatch;
    private Admission _admission;
    private Phase _phase;

    /// <summary>To wait with; null until a wait may come.</summary>
    private EndpointEntry? _entry;

    /// <summary>Whose callback is to come; null when it waits in no queue.</summary>
    private WaitQueue? _queue;
    private volatile bool _isGranted;

    /// <summary>Whose end is to come; null when no name is being looked up.</summary>
    private NameLookup? _lookup;

    /// <summary>The addresses of the endpoint's name that have not been tried.</summary>
    private ReadOnlyMemory<IPAddress> _addresses;
    private EndpointSocket? _endpoint;
    private Relay? _relay;

    public TcpConnection(EventLoop loop, TcpConnectionHost host, int descriptor, IPAddress? peer) : base(loop, descriptor)
    {
        _host = host;
        _client = peer;
        _timer = new LoopTimer(this);
    }

    private enum Phase : byte
    {
        /// <summary>Accepted, perhaps by another loop.</summary>
        Accepted,

        /// <summary>Waits for its PROXY header, or the rest of it.</summary>
        ProxyHeader,

        /// <summary>Waits for its ClientHello, or the rest of it.</summary>
        ClientHello,

        /// <summary>Has been told that it leads nowhere; what it still sends is read away.</summary>
        Linger,

        /// <summary>Waits for its service to be named.</summary>
        Unnamed,

        /// <summary>Waits for a place in the service, or at an endpoint.</summary>
        Queued,

        /// <summary>A connection to an endpoint is being made.</summary>
        Connecting,

        Relaying,

        /// <summary>Closed; a callback that could not be stopped may still come.</summary>
        Ended,
    }

    private TcpLoop Tcp => Loop.Tcp;

    /// <summary>The endpoint's socket has something new.</summary>
    public void OnEndpoint()
    {
        if (_phase == Phase.Relaying)
        {
            Run();
        }
        else if (_endpoint!.HasConnected)
        {
            Connected(_endpoint.IsHungUp ? TcpConnect.Error(_endpoint.Descriptor) : 0);
        }
    }

    /// <summary>Ends both sides with a reset.</summary>
    public void Abort() => Finish(reset: true);

    void ITimed.OnDeadline() => AbortOnFault(static connection =>
    {
        switch (connection._phase)
        {
            case Phase.ProxyHeader:
                connection.RefuseProxyHeader(ProxyHeaderProblem.Late);
                break;
            case Phase.ClientHello:
                connection.RefuseHello(ServerNameReading.Late);
                break;
            case Phase.Linger:
                connection.Finish(reset: false);
                break;
            case Phase.Unnamed:
                connection.FindService();
                break;
            case Phase.Connecting:
                connection.Failed(AttemptFailure.Connect, "timeout");
                break;
            case Phase.Relaying:
                connection.SetIdleDeadline();
                break;
            default:
                break;
        }
    });

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
        if (_phase == Phase.Accepted)
        {
            Loop.Turn(this);
        }
        else
        {
            AbortOnFault(static connection => connection.EndWait());
        }
    }

    public override void OnFault() => Abort();

    protected override void Advance()
    {
        switch (_phase)
        {
            case Phase.Accepted:
                Start();
                break;
            case Phase.ProxyHeader:
                ReadProxyHeader();
                break;
            case Phase.ClientHello:
                ReadHello();
                break;
            case Phase.Linger:
                ReadAway();
                break;
            case Phase.Relaying:
                Run();
                break;
            case var _ when IsReset:
                Abort();
                break;
            default:
                break;
        }
    }

    private void Start()
    {
        Tcp.Connections.Add(this);
        AssumeReady();
        Attach();
        BeginPrefaces();
    }

    private void BeginFinding()
    {
        if (IsReset)
        {
            // Said together with the end of its preface, and not again.
            Abort();
            return;
        }
        _phase = Phase.Unnamed;
        _asked = Loop.Timestamp;
        FindService();
    }

    private void FindService()
    {
        if (!_host.TryMatch(ServerName, _client, _asked, out var match))
        {
            Loop.Timers.Set(_timer, Loop.Now + LookAgain);
        }
        else if (match.Service is { } service)
        {
            match.FallbackOf?.CountRequest();
            service.CountRequest();
            _service = service;
            _tag = match.Tag.ToString();
            _guard = service.Guard;
            Enter();
        }
        else if (match.IsMatch)
        {
            Finish(reset: false);
        }
        else
        {
            RefuseRoute();
        }
    }

    private void Enter()
    {
        _phase = Phase.Queued;
        if (_guard is null)
        {
            BeginDispatch();
            return;
        }
        if (_guard.RateLimit is { } rate && !TryAcquire(rate))
        {
            Refuse(GuardAnswer.RateLimited);
            return;
        }
        _entry = new EndpointEntry(this);
        var answer = _guard.Arrive(ref _admission, _entry, Loop.Timestamp, out _);
        if (answer == GuardAnswer.Waiting)
        {
            _queue = _guard.Queue;
            return;
        }
        Entered(answer);
    }

    /// <summary>A connection has no header fields: under a rate per header all count as one.</summary>
    private bool TryAcquire(ServiceRateLimit rate) =>
        rate.Per.Key == RateLimitKey.Header ? rate.TryAcquire(ReadOnlySpan<byte>.Empty, Loop.Timestamp, out _) : rate.TryAcquire(_client, Loop.Timestamp, out _);

    private void Entered(GuardAnswer answer)
    {
        if (answer != GuardAnswer.Admitted)
        {
            Refuse(answer);
            return;
        }
        BeginDispatch();
    }

    /// <summary>The wait in a queue is over, on the loop's thread.</summary>
    private void EndWait()
    {
        var queue = _queue;
        _queue = null;
        if (queue is RequestQueue places)
        {
            if (_phase != Phase.Ended)
            {
                Entered(_isGranted ? _guard!.Resume(ref _admission, Loop.Timestamp, out _) : GuardAnswer.QueueTimeout);
            }
            else if (_isGranted)
            {
                places.Exit();
            }
            return;
        }
        var endpoint = _dispatch.Resume(_entry!, _isGranted, Loop.Timestamp);
        if (_phase != Phase.Ended)
        {
            ConnectTo(endpoint);
        }
        else
        {
            _dispatch.End(LeaseOutcome.Canceled);
        }
    }

    private void BeginDispatch()
    {
        _dispatch.Begin(_service!, _tag, Loop.Timestamp);
        if (_dispatch.HashOn is not null)
        {
            // A connection has no other key, whatever the service says.
            _dispatch.Hash = KeyHash.Of(_client);
        }
        Attempt();
    }

    private void Attempt()
    {
        var endpoint = _dispatch.Next();
        if (_dispatch.IsFull)
        {
            _phase = Phase.Queued;
            if (_dispatch.Wait(_entry ??= new EndpointEntry(this), Loop.Timestamp) == QueueAnswer.Waiting)
            {
                _queue = _service!.EndpointQueue;
                return;
            }
            endpoint = _dispatch.Endpoint;
        }
        ConnectTo(endpoint);
    }

    private void ConnectTo(Endpoint? endpoint)
    {
        if (endpoint is null)
        {
            GiveUp();
            return;
        }
        _phase = Phase.Connecting;
        Loop.Timers.Set(_timer, Loop.Now + (long)_dispatch.Snapshot!.Policy.Timeouts.Connect.TotalMilliseconds);
        if (endpoint.Remote is IPEndPoint remote)
        {
            Connect(remote);
        }
        else
        {
            _lookup = NameLookup.Begin(Loop, endpoint.Host, OnLookup);
        }
    }

    /// <summary>A lookup is over: perhaps one that nobody waits for any more.</summary>
    private void OnLookup(NameLookup lookup) => AbortOnFault(connection =>
    {
        if (connection._lookup != lookup)
        {
            return;
        }
        connection._lookup = null;
        if (lookup.Error is { } error)
        {
            connection.Failed(Shortage.IsBehind(error) ? AttemptFailure.Shortage : AttemptFailure.Connect, error.Message);
            return;
        }
        connection._addresses = lookup.Addresses;
        connection.ConnectToNextAddress();
    });

    private void ConnectToNextAddress()
    {
        var address = _addresses.Span[0];
        _addresses = _addresses[1..];
        Connect(new IPEndPoint(address, _dispatch.Endpoint!.Port));
    }

    private void Connect(IPEndPoint remote)
    {
        var address = remote.Serialize();
        var descriptor = TcpConnect.Begin(address.Buffer.Span[..address.Size], out var errno);
        if (descriptor < 0)
        {
            ConnectFailed(errno);
            return;
        }
        _endpoint = new EndpointSocket(this, descriptor);
        _endpoint.Watch();
    }

    /// <summary>Connecting has ended, with an error unless <paramref name="errno"/> is 0.</summary>
    private void Connected(int errno)
    {
        switch (errno)
        {
            case 0 when TryPutProxyHeader():
                BeginRelay();
                Run();
                break;
            case 0 or Errno.ConnectionReset:
                // A side took the connection and broke it; a read would not say so any more.
                BeginRelay();
                Abort();
                break;
            default:
                ConnectFailed(errno);
                break;
        }
    }

    private void ConnectFailed(int errno)
    {
        if (!_addresses.IsEmpty)
        {
            _endpoint?.Close();
            ConnectToNextAddress();
            return;
        }
        Failed(Errno.IsShortage(errno) ? AttemptFailure.Shortage : AttemptFailure.Connect, Marshal.GetPInvokeErrorMessage(errno));
    }

    private void Failed(AttemptFailure failure, string error)
    {
        _host.ConnectFailed(_dispatch.Endpoint!, error);
        StopConnecting();
        if (_dispatch.TryAgain(failure, isRepeatable: true, Loop.Time))
        {
            Attempt();
        }
        else
        {
            GiveUp();
        }
    }

    private void StopConnecting()
    {
        _lookup = null;
        _addresses = default;
        _endpoint?.Close();
        _endpoint = null;
    }

    private void BeginRelay()
    {
        _phase = Phase.Relaying;
        _dispatch.Answered();
        _admission.Answered(LeaseOutcome.Succeeded, Loop.Timestamp);
        _relay = new Relay(this, _endpoint!, TakeReceived());
        SetIdleDeadline();
    }

    private void SetIdleDeadline()
    {
        if (_relay!.Deadline(_service!.Snapshot.Policy.Timeouts) is { } deadline)
        {
            Loop.Timers.Set(_timer, deadline);
        }
        else
        {
            Abort();
        }
    }

    private void Run()
    {
        switch (_relay!.Run())
        {
            case RelayStatus.Ended:
                Finish(reset: false);
                break;
            case RelayStatus.Broken:
                Abort();
                break;
            default:
                break;
        }
    }

    private void Refuse(GuardAnswer answer)
    {
        _host.Refused(_service!, answer);
        Finish(reset: false);
    }

    private void GiveUp()
    {
        _admission.Answered(_dispatch.Failure == AttemptFailure.None ? LeaseOutcome.Canceled : _dispatch.Failure.Outcome(), Loop.Timestamp);
        _host.NoEndpoint(_service!, _dispatch.Refusal);
        Finish(reset: false);
    }

    /// <summary>Closes both sides and gives everything back. Later calls do nothing.</summary>
    private void Finish(bool reset)
    {
        if (_phase == Phase.Ended)
        {
            return;
        }
        _phase = Phase.Ended;
        if (_queue?.Cancel(_entry!) == true)
        {
            // Else its callback comes, and gives back what it was granted.
            _queue = null;
        }
        _dispatch.End(_relay is null ? LeaseOutcome.Canceled : LeaseOutcome.Succeeded);
        _admission.End(LeaseOutcome.Canceled, Loop.Timestamp);
        _relay?.Release();
        Loop.Buffers.Return(ref _received);
        Loop.Timers.Remove(_timer);
        Close(reset);
        _endpoint?.Close(reset);
        _lookup = null;
        Tcp.Connections.Remove(this);
        Loop.CountOut();
        _host.Leave();
    }

    /// <summary>For what does not come by a socket's event, after which the loop itself would end the connection.</summary>
    private void AbortOnFault(Action<TcpConnection> step)
    {
        try
        {
            step(this);
        }
        catch
        {
            Abort();
            throw;
        }
    }
}
