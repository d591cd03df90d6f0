namespace LoadBalancer.Reactor.Loops;

/// <summary>An action as a task for a loop; for what is rare.</summary>
internal sealed class LoopAction(Action action) : ILoopTask
{
    public void Run() => action();
}
