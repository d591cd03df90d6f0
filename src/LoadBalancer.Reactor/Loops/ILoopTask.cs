namespace LoadBalancer.Reactor.Loops;

/// <summary>Something that other threads ask a loop to do.</summary>
internal interface ILoopTask
{
    /// <summary>Called on the loop's thread.</summary>
    void Run();
}
