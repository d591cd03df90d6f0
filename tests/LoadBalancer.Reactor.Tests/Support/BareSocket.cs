using LoadBalancer.Reactor.Loops;
using LoadBalancer.Reactor.Sockets;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Does nothing by itself: a test makes its calls.</summary>
internal sealed class BareSocket : StreamSocket
{
    /// <param name="loop">Whose thread the test is, or which has not been started.</param>
    /// <param name="descriptor">Connected, and not blocking; the test's.</param>
    public BareSocket(EventLoop loop, int descriptor) : base(loop, descriptor)
    {
        AssumeReady();
        Attach();
    }

    public override void OnFault()
    {
    }

    protected override void Advance()
    {
    }
}
