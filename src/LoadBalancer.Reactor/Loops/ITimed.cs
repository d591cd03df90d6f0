namespace LoadBalancer.Reactor.Loops;

/// <summary>Who waits for a <see cref="LoopTimer"/>.</summary>
internal interface ITimed
{
    /// <summary>The deadline has passed.</summary>
    void OnDeadline();
}
